# Semantic FPN of mmseg, made small for a CPU: ResNet-18, 64 channels, 20
# classes. Batch norms of one process: mmseg's own run on GPUs alone.
_base_ = 'mmseg::_base_/models/fpn_r50.py'
norm_cfg = dict(type='BN', requires_grad=True)
model = dict(
    pretrained=None,
    data_preprocessor=dict(size=(128, 64)),
    backbone=dict(type='ResNet', depth=18, norm_cfg=norm_cfg),
    neck=dict(in_channels=[64, 128, 256, 512], out_channels=64),
    decode_head=dict(
        in_channels=[64, 64, 64, 64],
        channels=64,
        num_classes=20,
        norm_cfg=norm_cfg,
    ),
)
