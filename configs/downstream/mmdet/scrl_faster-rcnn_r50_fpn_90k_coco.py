# SCRL, COCO 2017 boxes: Faster R-CNN, ResNet-50 with FPN, 90k iterations.
# Paper (A.2): lr 0.02, divided by 10 at 60k and 80k, batch 16, SyncBN in all
# layers that can have it, else detectron2's defaults. Of those mmdet has the
# sizes 640-800, the warm-up (1000 iterations from 0.001) and the frozen stem
# and first stage; no weight decay of norms is set here. The box head has no
# convolution, so no norm. Paper, AP: random 29.77, ImageNet 38.52, SCRL 200
# epochs 40.49, 1000 epochs 40.92.
# --cfg-options model.backbone.init_cfg.checkpoint=BACKBONE.pth
_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
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
optim_wrapper = dict(paramwise_cfg=dict(norm_decay_mult=0.0))
benchmark = dict(
    name='detection',
    title='Detection, COCO',
    metric='bbox_mAP',
    slots=dict(all='model.neck.in_channels'),
)
