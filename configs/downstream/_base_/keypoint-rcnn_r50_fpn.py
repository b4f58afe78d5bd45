# Keypoint R-CNN: mmdet's Faster R-CNN with a branch of heatmaps (14x14
# features of a box -> 56x56). As in detectron2's keypoint model: smooth L1 for
# boxes instead of L1, 1500 proposals per image in training.
_base_ = 'mmdet::_base_/models/faster-rcnn_r50_fpn.py'
custom_imports = dict(imports=['mmssl.downstream.detection'])
model = dict(
    roi_head=dict(
        type='mmssl.KeypointRoIHead',
        bbox_head=dict(
            num_classes=1,
            loss_bbox=dict(_delete_=True, type='SmoothL1Loss', beta=0.5),
        ),
        keypoint_roi_extractor=dict(
            type='SingleRoIExtractor',
            roi_layer=dict(type='RoIAlign', output_size=14, sampling_ratio=0),
            out_channels=256,
            featmap_strides=[4, 8, 16, 32],
        ),
        keypoint_head=dict(
            type='mmssl.KeypointHead',
            in_channels=256,
            num_keypoints=17,
            num_convs=8,
            conv_channels=512,
        ),
    ),
    train_cfg=dict(rpn_proposal=dict(max_per_img=1500)),
)
