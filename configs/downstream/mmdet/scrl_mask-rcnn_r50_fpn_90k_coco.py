# SCRL, COCO 2017 boxes and masks: Mask R-CNN, ResNet-50 with FPN, 90k.
# Paper (A.3): lr 0.02, divided by 10 at 60k and 80k, batch 16, SyncBN in all
# layers that can have it (here the mask head's convolutions, too), else
# detectron2's defaults, as with Faster R-CNN. Paper, box and mask AP: random
# 30.95 and 28.70, SCRL 200 epochs 41.02 and 37.50, 1000 epochs 41.40 and
# 37.92.
# --cfg-options model.backbone.init_cfg.checkpoint=BACKBONE.pth
_base_ = [
    'mmdet::_base_/models/mask-rcnn_r50_fpn.py',
    'mmdet::common/ms-poly-90k_coco-instance.py',
]
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    backbone=dict(
        norm_cfg=norm_cfg,
        norm_eval=False,
        init_cfg=dict(checkpoint='backbone.pth'),
    ),
    neck=dict(norm_cfg=norm_cfg),
    roi_head=dict(mask_head=dict(norm_cfg=norm_cfg)),
)
optim_wrapper = dict(paramwise_cfg=dict(norm_decay_mult=0.0))
benchmark = dict(
    name='instances',
    title='Instances, COCO',
    metric='segm_mAP',
    slots=dict(all='model.neck.in_channels'),
)
