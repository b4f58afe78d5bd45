# Sparse R-CNN for a CPU on puppets: ResNet-18, three stages, 20 proposals, 64
# channels; frames of 128x128 px. mmdet has model, data and schedule in one
# file, so all of them are changed here.
_base_ = 'mmdet::sparse_rcnn/sparse-rcnn_r50_fpn_1x_coco.py'
kinds = dict(classes=('person', 'ball', 'box', 'sign'))
_base_.model.backbone.update(
    depth=18, frozen_stages=-1, norm_eval=False, init_cfg=None
)
_base_.model.neck.update(
    in_channels=[64, 128, 256, 512],
    out_channels=64,
    norm_cfg=dict(type='BN'),
)
_base_.model.rpn_head.update(num_proposals=20, proposal_feature_channel=64)
_base_.model.roi_head.update(
    num_stages=3,
    stage_loss_weights=[1, 1, 1],
    proposal_feature_channel=64,
    bbox_head=_base_.model.roi_head.bbox_head[:3],
)
_base_.model.roi_head.bbox_roi_extractor.out_channels = 64
for stage in _base_.model.roi_head.bbox_head:
    stage.update(num_classes=4, in_channels=64, feedforward_channels=256)
    stage.dynamic_conv_cfg.update(
        in_channels=64, feat_channels=16, out_channels=64
    )
del stage
_base_.model.train_cfg.rcnn = _base_.model.train_cfg.rcnn[:3]
_base_.model.test_cfg.rcnn.max_per_img = 20
for loader, split in (
    (_base_.train_dataloader, 'train'),
    (_base_.val_dataloader, 'val'),
    (_base_.test_dataloader, 'val'),
):
    loader.update(batch_size=4, num_workers=0, persistent_workers=False)
    loader.dataset.update(
        data_root='data/puppets',
        ann_file=f'annotations/instances_{split}.json',
        data_prefix=dict(img=f'frames/{split}'),
        metainfo=kinds,
    )
    for step in loader.dataset.pipeline:
        if step.type == 'Resize':
            step.scale = (128, 128)
del loader, split, step
val_evaluator = dict(ann_file='data/puppets/annotations/instances_val.json')
test_evaluator = val_evaluator
optim_wrapper = dict(optimizer=dict(lr=5e-4))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=15),
    dict(type='CosineAnnealingLR', by_epoch=False, begin=15, end=300),
]
train_dataloader = dict(sampler=dict(type='InfiniteSampler'))
train_cfg = dict(
    _delete_=True,
    type='IterBasedTrainLoop',
    max_iters=300,
    val_interval=300,
)
default_hooks = dict(
    logger=dict(interval=50),
    checkpoint=dict(by_epoch=False, interval=300),
)
log_processor = dict(by_epoch=False)
