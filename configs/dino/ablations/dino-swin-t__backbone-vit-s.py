# ViT-S/16, as published, whose class token goes to the head.
# ablates: model.backbone, model.neck.in_channels
_base_ = '../dino_swin-t_1xb64-100ep_images.py'
_base_.model.backbone = dict(
    type='VisionTransformer',
    arch='deit-small',
    img_size=224,
    patch_size=16,
    drop_path_rate=0.1,
    out_type='cls_token',
)
model = dict(neck=dict(in_channels=384))
