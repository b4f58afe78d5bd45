# SCRL, VOC boxes: Faster R-CNN, ResNet-50 with FPN, 18k iterations.
# Paper (A.4): trained on trainval of 2007 and 2012, tested on 2007; lr 0.02,
# divided by 10 at 12k and 16k, batch 16, SyncBN in all layers that can have
# it, else detectron2's defaults. For VOC those are short sides 480-800, tested
# at 800, and 100 iterations of warm-up; objects of any size; no weight decay
# of norms; AP is the mean over IoU 0.5-0.95. mmdet leaves difficult objects
# out of training, detectron2 does not.
# --cfg-options model.backbone.init_cfg.checkpoint=BACKBONE.pth
_base_ = [
    'mmdet::_base_/models/faster-rcnn_r50_fpn.py',
    'mmdet::_base_/datasets/voc0712.py',
    'mmdet::_base_/schedules/schedule_1x.py',
    'mmdet::_base_/default_runtime.py',
]
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    backbone=dict(
        norm_cfg=norm_cfg,
        norm_eval=False,
        init_cfg=dict(checkpoint='backbone.pth'),
    ),
    neck=dict(norm_cfg=norm_cfg),
    roi_head=dict(bbox_head=dict(num_classes=20)),
)
train_dataloader = dict(
    sampler=dict(type='InfiniteSampler'),
    dataset=dict(_delete_=True, **_base_.train_dataloader.dataset.dataset),
)
for part in _base_.train_dataloader.dataset.dataset.datasets:
    part.filter_cfg.pop('bbox_min_size')
    part.pipeline[2] = dict(
        type='RandomChoiceResize',
        scales=[(1333, short) for short in range(480, 801, 32)],
        keep_ratio=True,
    )
del part
_base_.val_dataloader.dataset.pipeline[1].scale = (1333, 800)
test_dataloader = _base_.val_dataloader
val_evaluator = dict(iou_thrs=[0.5 + 0.05 * i for i in range(10)])
test_evaluator = val_evaluator
train_cfg = dict(
    _delete_=True,
    type='IterBasedTrainLoop',
    max_iters=18000,
    val_interval=3000,
)
param_scheduler = [
    dict(_base_.param_scheduler[0], end=100),
    dict(
        type='MultiStepLR',
        end=18000,
        by_epoch=False,
        milestones=[12000, 16000],
        gamma=0.1,
    ),
]
optim_wrapper = dict(paramwise_cfg=dict(norm_decay_mult=0.0))
default_hooks = dict(checkpoint=dict(by_epoch=False, interval=3000))
log_processor = dict(by_epoch=False)
benchmark = dict(
    name='detection-voc',
    title='Detection, VOC',
    metric='mAP',
    slots=dict(all='model.neck.in_channels'),
)
