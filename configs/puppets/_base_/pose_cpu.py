# Pose of one puppet at a time, as mmpose has it for COCO, in a minute or two
# of a CPU: crops of 128x64 px of the labelled boxes, heatmaps of 32x16, the
# small Swin of SOLIDER's and DINO's CPU recipes (last map at stride 16: one of
# stride 8 takes twice as long), two transposed convolutions, 64 channels; 200
# steps of AdamW, cosine, with less augmentation than long runs want. mmpose
# has model, data and schedule in one file, so all of them are changed here.
_base_ = (
    'mmpose::body_2d_keypoint/topdown_heatmap/coco/'
    'td-hm_res50_8xb64-210e_coco-256x192.py'
)
custom_imports = dict(imports=['mmssl.models', 'mmssl.downstream.pose'])
codec = dict(
    type='MSRAHeatmap', input_size=(64, 128), heatmap_size=(16, 32), sigma=1
)
model = dict(
    backbone=dict(
        _delete_=True,
        type='mmssl.SemanticSwinTransformer',
        arch=dict(embed_dims=32, depths=[1, 2, 4], num_heads=[1, 2, 4]),
        semantic_weight=0.8,
        img_size=(128, 64),
        window_size=4,
        strides=(4, 2, 2),
        drop_path_rate=0.0,
        out_indices=(2,),
    ),
    head=dict(
        in_channels=128,
        deconv_out_channels=(64, 64),
        deconv_kernel_sizes=(4, 4),
        # far above the 1e-8 that Adam adds to what it divides by
        loss=dict(loss_weight=1000.0),
        decoder=codec,
    ),
)
train_pipeline = [
    dict(type='LoadImage'),
    dict(type='GetBBoxCenterScale'),
    dict(type='RandomFlip', direction='horizontal'),
    dict(
        type='mmssl.ClippedBBoxTransform',
        scale_factor=0.2,
        rotation_factor=15,
    ),
    dict(type='TopdownAffine', input_size=codec['input_size']),
    dict(type='GenerateTarget', encoder=codec),
    dict(type='PackPoseInputs'),
]
_base_.train_pipeline[4].input_size = codec['input_size']
_base_.val_pipeline[2].input_size = codec['input_size']
for loader, part in (
    (_base_.train_dataloader, 'train'),
    (_base_.val_dataloader, 'val'),
):
    loader.update(num_workers=0, persistent_workers=False)
    loader.dataset.update(
        data_root='data/puppets',
        ann_file=f'annotations/person_keypoints_{part}.json',
        data_prefix=dict(img=f'frames/{part}'),
    )
del loader, part
_base_.val_dataloader.dataset.update(
    bbox_file=None, pipeline=_base_.val_pipeline
)
train_dataloader = dict(
    batch_size=32,
    sampler=dict(type='InfiniteSampler'),
    dataset=dict(pipeline=train_pipeline),
)
test_dataloader = _base_.val_dataloader
ann_file = 'data/puppets/annotations/person_keypoints_val.json'
val_evaluator = [
    dict(type='CocoMetric', ann_file=ann_file),
    dict(type='PCKAccuracy', thr=0.1),
]
test_evaluator = val_evaluator
optim_wrapper = dict(optimizer=dict(_delete_=True, type='AdamW', lr=2e-3))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=False, end=20),
    dict(type='CosineAnnealingLR', by_epoch=False, begin=20, end=200),
]
train_cfg = dict(
    _delete_=True, type='IterBasedTrainLoop', max_iters=200, val_interval=200
)
default_hooks = dict(
    logger=dict(interval=50),
    checkpoint=dict(by_epoch=False, interval=200, save_best=None),
)
log_processor = dict(by_epoch=False)
