# FCN of mmseg, made small for a CPU: ResNet-18 of stride 16, 64 channels, 20
# classes, no second head.
_base_ = 'mmseg::_base_/models/fcn_r50-d8.py'
norm_cfg = dict(type='BN', requires_grad=True)
model = dict(
    pretrained=None,
    data_preprocessor=dict(size=(128, 64)),
    backbone=dict(
        type='ResNet',
        depth=18,
        strides=(1, 2, 2, 1),
        dilations=(1, 1, 1, 2),
        norm_cfg=norm_cfg,
    ),
    decode_head=dict(
        in_channels=512, channels=64, num_classes=20, norm_cfg=norm_cfg
    ),
    auxiliary_head=None,
)
