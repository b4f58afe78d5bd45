# Keypoint R-CNN for a CPU: as Faster R-CNN for a CPU, with heatmaps of 56x56
# from two convolutions of 64 channels.
_base_ = '../../downstream/_base_/keypoint-rcnn_r50_fpn.py'
model = dict(
    backbone=dict(depth=18, frozen_stages=-1, norm_eval=False, init_cfg=None),
    neck=dict(
        in_channels=[64, 128, 256, 512],
        out_channels=64,
        norm_cfg=dict(type='BN'),
    ),
    rpn_head=dict(
        in_channels=64, feat_channels=64, anchor_generator=dict(scales=[4])
    ),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=64),
        bbox_head=dict(in_channels=64, fc_out_channels=256),
        keypoint_roi_extractor=dict(out_channels=64),
        keypoint_head=dict(in_channels=64, num_convs=2, conv_channels=64),
    ),
    train_cfg=dict(
        rpn_proposal=dict(nms_pre=200, max_per_img=100),
        rcnn=dict(sampler=dict(num=32)),
    ),
    test_cfg=dict(
        rpn=dict(nms_pre=200, max_per_img=100), rcnn=dict(max_per_img=20)
    ),
)
