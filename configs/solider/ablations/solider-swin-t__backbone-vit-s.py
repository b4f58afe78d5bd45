# ViT-S/16 with the semantic controller: maps of 16 x 8 cells.
# ablates: model.backbone, model.neck.in_channels
# ablates: model.semantic_head.in_channels
_base_ = '../solider_swin-t_1xb64-100ep_people.py'
_base_.model.backbone = dict(
    type='SemanticVisionTransformer',
    arch='deit-small',
    img_size=(256, 128),
    patch_size=16,
    drop_path_rate=0.1,
    out_type='featmap',
)
model = dict(neck=dict(in_channels=384), semantic_head=dict(in_channels=384))
