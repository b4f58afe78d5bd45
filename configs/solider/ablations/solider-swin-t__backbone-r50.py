# A ResNet-50 with the semantic controller.
# ablates: model.backbone, model.neck.in_channels
# ablates: model.semantic_head.in_channels
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
_base_.model.backbone = dict(
    type='SemanticResNet', depth=50, out_indices=(3,), zero_init_residual=False
)
model = dict(neck=dict(in_channels=2048), semantic_head=dict(in_channels=2048))
