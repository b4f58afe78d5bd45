# DINO on a ViT-S/16, as published: the class token goes to the head.
_base_ = './dino_swin.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='VisionTransformer',
        arch='deit-small',
        img_size=224,
        patch_size=16,
        drop_path_rate=0.1,
        out_type='cls_token',
    ),
    neck=dict(in_channels=384),
)
