# SCRL, COCO 2017 keypoints: Mask R-CNN with keypoints, ResNet-50 with FPN.
# Paper (A.3): lr 0.02, divided by 10 at 60k and 80k of 90k iterations, batch
# 16, SyncBN in all layers that can have it, else detectron2's defaults, as
# with Faster R-CNN; its keypoint branch has no norms.
# --cfg-options model.backbone.init_cfg.checkpoint=BACKBONE.pth
_base_ = [
    '../_base_/keypoint-rcnn_r50_fpn.py',
    '../_base_/coco_person_keypoints.py',
]
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    backbone=dict(
        norm_cfg=norm_cfg,
        norm_eval=False,
        init_cfg=dict(checkpoint='backbone.pth'),
    ),
    neck=dict(norm_cfg=norm_cfg),
)
optim_wrapper = dict(paramwise_cfg=dict(norm_decay_mult=0.0))
benchmark = dict(
    name='keypoints',
    title='COCO keypoints, keypoint R-CNN',
    metric='keypoints/AP',
    slots=dict(all='model.neck.in_channels'),
)
