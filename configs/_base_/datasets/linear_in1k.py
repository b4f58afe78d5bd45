# ImageNet-1k for linear evaluation (data/imagenet/train and val, a folder for
# each class), as published: random resized crops of 8 to 100 % of the area and
# mirroring in training; short side 256 and central 224 px in validation.
train_dataloader = dict(
    batch_size=128,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='DrawSampler', infinite=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='ImageFolder',
        data_root='data/imagenet',
        data_prefix='train',
        labels='folders',
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(type='RandomResizedCropView', size=224, scale=(0.08, 1.0)),
            dict(type='FlipView', prob=0.5),
            dict(type='PackViews'),
        ],
    ),
)
val_dataloader = dict(
    batch_size=128,
    num_workers=8,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='ImageFolder',
        data_root='data/imagenet',
        data_prefix='val',
        labels='folders',
        test_mode=True,
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(type='ResizeView', size=256),
            dict(type='CropView', size=224, mode='center'),
            dict(type='PackViews'),
        ],
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='AccuracyMetric')
test_evaluator = val_evaluator
