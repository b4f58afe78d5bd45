# SCRL, COCO 2017 boxes: RetinaNet, ResNet-50 with FPN, 90k iterations.
# Paper (A.2): lr 0.01, divided by 10 at 60k and 80k, batch 16, SyncBN in all
# layers that can have it, else detectron2's defaults, as with Faster R-CNN.
# The head stays without norms: detectron2 of that time allowed none that
# counts over images. mmdet's two coarsest levels get a norm, detectron2's not;
# detectron2 divides the losses by a running mean of the positives, mmdet by
# the batch's.
# --cfg-options model.backbone.init_cfg.checkpoint=BACKBONE.pth
_base_ = [
    'mmdet::_base_/models/retinanet_r50_fpn.py',
    'mmdet::common/ms-90k_coco.py',
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
optim_wrapper = dict(
    optimizer=dict(lr=0.01), paramwise_cfg=dict(norm_decay_mult=0.0)
)
benchmark = dict(
    name='detection-retinanet',
    title='RetinaNet, COCO',
    metric='bbox_mAP',
    slots=dict(all='model.neck.in_channels'),
)
