# Photos of people with a class in each pixel: data/people/images and
# data/people/parsing with the same names, labels.json with the names of the
# classes, train.txt and val.txt with those of the photos. The classes of
# Clothing Co-Parsing (59), LIP and ATR are grouped to eight. Training on
# crops of 40 % or more and mirrored; masks keep their own resolution.
train_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DrawSampler', infinite=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='ImageMasks',
        data_root='data/people',
        img_root='images',
        mask_root='parsing',
        ann_file='train.txt',
        classes='labels.json',
        groups='people',
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(
                type='RandomResizedCropView',
                size=(256, 128),
                scale=(0.4, 1.0),
                ratio=(0.4, 0.6),
            ),
            dict(type='FlipView', prob=0.5),
            dict(type='PackMasks'),
        ],
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='ImageMasks',
        data_root='data/people',
        img_root='images',
        mask_root='parsing',
        ann_file='val.txt',
        classes='labels.json',
        groups='people',
        test_mode=True,
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(type='ResizeView', size=(256, 128)),
            dict(type='PackMasks'),
        ],
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='SegmentationMetric')
test_evaluator = val_evaluator
