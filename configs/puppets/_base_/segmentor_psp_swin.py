# PSPNet of mmseg, made small for a CPU: the Swin of SOLIDER's and DINO's CPU
# recipes, its last map at stride 8 as SOLIDER's parsing keeps the last stage's
# size; pyramid of 1, 2 and 3 cells, 64 channels, 20 classes.
_base_ = 'mmseg::_base_/models/pspnet_r50-d8.py'
model = dict(
    pretrained=None,
    data_preprocessor=dict(size=(128, 64)),
    backbone=dict(
        _delete_=True,
        type='SwinTransformer',
        embed_dims=32,
        depths=(1, 2, 4),
        num_heads=(1, 2, 4),
        window_size=4,
        strides=(4, 2, 1),
        out_indices=(2,),
        drop_path_rate=0.0,
    ),
    decode_head=dict(
        in_channels=128,
        in_index=0,
        channels=64,
        pool_scales=(1, 2, 3),
        num_classes=20,
        norm_cfg=dict(type='BN'),
        loss_decode=[
            dict(type='CrossEntropyLoss', loss_weight=0.5),
            dict(type='LovaszLoss', reduction='none', loss_weight=0.5),
        ],
    ),
    auxiliary_head=None,
)
