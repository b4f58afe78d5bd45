# Puppets, one person per picture: LIP's folders and its 20 classes, pictures
# of 128x64 px. Mirrored people have their left and right labels swapped.
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='Resize', scale=(64, 128)),
    dict(
        type='RandomFlip',
        prob=0.5,
        swap_seg_labels=[(14, 15), (16, 17), (18, 19)],  # arms, legs, shoes
    ),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(64, 128)),
    # not resized: judged at the picture's own size
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
train_dataloader = dict(
    batch_size=8,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(
        type='LIPDataset',
        data_root='data/puppets/lip',
        ann_file='train_id.txt',
        data_prefix=dict(
            img_path='train_images', seg_map_path='train_segmentations'
        ),
        pipeline=train_pipeline,
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='LIPDataset',
        data_root='data/puppets/lip',
        ann_file='val_id.txt',
        data_prefix=dict(
            img_path='val_images', seg_map_path='val_segmentations'
        ),
        pipeline=test_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='IoUMetric', iou_metrics=['mIoU'])
test_evaluator = val_evaluator
