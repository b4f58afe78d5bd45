# RetinaNet for a CPU: ResNet-18, pyramid and head of 64 channels, two
# convolutions, small anchors; nothing frozen, batch norm in the pyramid.
_base_ = 'mmdet::_base_/models/retinanet_r50_fpn.py'
model = dict(
    backbone=dict(depth=18, frozen_stages=-1, norm_eval=False, init_cfg=None),
    neck=dict(
        in_channels=[64, 128, 256, 512],
        out_channels=64,
        norm_cfg=dict(type='BN'),
    ),
    bbox_head=dict(
        num_classes=4,
        in_channels=64,
        stacked_convs=2,
        feat_channels=64,
        anchor_generator=dict(octave_base_scale=2),
    ),
    # else nothing is found in short runs, and AP is not 0 but missing
    test_cfg=dict(nms_pre=200, score_thr=0.001),
)
