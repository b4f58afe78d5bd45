# SCRL, Cityscapes instances: Mask R-CNN, ResNet-50 with FPN, 24k iterations.
# Paper (A.5): lr 0.01, divided by 10 at 18k, batch 8, SyncBN in all layers
# that can have it, else detectron2's defaults: short sides 800-1024 in steps
# of 32, warm-up of 1000 iterations from 0.001, L1 for boxes, no weight decay
# of norms. mmdet's config starts from a detector trained on COCO; this one
# from the backbone alone.
# --cfg-options model.backbone.init_cfg.checkpoint=BACKBONE.pth
_base_ = 'mmdet::cityscapes/mask-rcnn_r50_fpn_1x_cityscapes.py'
load_from = None
norm_cfg = dict(type='SyncBN', requires_grad=True)
_base_.model.backbone.init_cfg = dict(
    type='Pretrained', checkpoint='backbone.pth'
)
model = dict(
    backbone=dict(
        norm_cfg=norm_cfg,
        norm_eval=False,
    ),
    neck=dict(norm_cfg=norm_cfg),
    roi_head=dict(
        bbox_head=dict(
            loss_bbox=dict(_delete_=True, type='L1Loss', loss_weight=1.0)
        ),
        mask_head=dict(norm_cfg=norm_cfg),
    ),
)
_base_.train_dataloader.dataset.dataset.pipeline[2] = dict(
    type='RandomChoiceResize',
    scales=[(2048, short) for short in range(800, 1025, 32)],
    keep_ratio=True,
)
train_dataloader = dict(sampler=dict(type='InfiniteSampler'))
train_cfg = dict(
    _delete_=True,
    type='IterBasedTrainLoop',
    max_iters=24000,
    val_interval=8000,
)
param_scheduler = [
    dict(_base_.param_scheduler[0], end=1000),
    dict(
        type='MultiStepLR',
        end=24000,
        by_epoch=False,
        milestones=[18000],
        gamma=0.1,
    ),
]
optim_wrapper = dict(paramwise_cfg=dict(norm_decay_mult=0.0))
default_hooks = dict(checkpoint=dict(by_epoch=False, interval=8000))
log_processor = dict(by_epoch=False)
auto_scale_lr = dict(base_batch_size=8)
benchmark = dict(
    name='instances-cityscapes',
    title='Instances, Cityscapes',
    metric='segm_mAP',
    slots=dict(all='model.neck.in_channels'),
)
