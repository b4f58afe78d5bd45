# ResNet-50; published with SGD and other crops.
# ablates: model.backbone, model.neck.in_channels
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
_base_.model.backbone = dict(
    type='ResNet', depth=50, out_indices=(3,), zero_init_residual=False
)
model = dict(neck=dict(in_channels=2048))
