# COCO's boxes and classes for RoI linear evaluation: 118,287 images of
# train2017 (860,001 boxes), 5,000 of val2017. Sizes are our choice: short side
# 640 to 800 in training, 800 in validation, long side at most 1333.
train_dataloader = dict(
    batch_size=2,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DrawSampler', infinite=False),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='CocoRegions',
        data_root='data/coco',
        ann_file='annotations/instances_train2017.json',
        img_root='train2017',
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(
                type='ResizeRegions',
                short_side=(640, 672, 704, 736, 768, 800),
                max_size=1333,
            ),
            dict(type='FlipRegions', prob=0.5),
            dict(type='PackRegions'),
        ],
    ),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=4,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='pseudo_collate'),
    dataset=dict(
        type='CocoRegions',
        data_root='data/coco',
        ann_file='annotations/instances_val2017.json',
        img_root='val2017',
        test_mode=True,
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(type='ResizeRegions', short_side=800, max_size=1333),
            dict(type='PackRegions'),
        ],
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='AccuracyMetric')
test_evaluator = val_evaluator
