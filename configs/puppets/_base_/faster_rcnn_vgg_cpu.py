# Faster R-CNN for a CPU on the last map (stride 16) of a VGG-11: small
# anchors, few proposals, layers of 256.
_base_ = 'mmdet::_base_/models/faster-rcnn_r50-caffe-dc5.py'
custom_imports = dict(imports=['mmpretrain.models'])
model = dict(
    data_preprocessor=dict(
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        _delete_=True,
        type='mmpretrain.VGG',
        depth=11,
        norm_cfg=dict(type='BN'),
        out_indices=(4,),
        with_last_pool=False,
    ),
    rpn_head=dict(
        in_channels=512,
        feat_channels=64,
        anchor_generator=dict(scales=[1, 2, 4, 8]),
    ),
    roi_head=dict(
        bbox_roi_extractor=dict(out_channels=512),
        bbox_head=dict(in_channels=512, fc_out_channels=256, num_classes=4),
    ),
    train_cfg=dict(
        rpn_proposal=dict(nms_pre=200, max_per_img=100),
        rcnn=dict(sampler=dict(num=64)),
    ),
    test_cfg=dict(rpn=dict(nms_pre=200, max_per_img=100)),
)
