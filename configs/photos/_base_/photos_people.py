# Photos of people with a class in each pixel: data/people/images and
# data/people/parsing with the same names, labels.json with the names of the
# classes (Clothing Co-Parsing's 59 in eight groups). The first 400 train, the
# next 100 judge; 128x64 px. Mirrored in training: no class has a side.
custom_imports = dict(imports=['mmssl.datasets'])
train_dataloader = dict(
    batch_size=8,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='mmssl.DrawSampler'),
    dataset=dict(
        type='mmssl.ImageMasks',
        data_root='data/people',
        img_root='images',
        mask_root='parsing',
        classes='labels.json',
        groups='people',
        indices=list(range(400)),
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='mmssl.MaskToSegMap'),
            dict(type='Resize', scale=(64, 128)),
            dict(type='RandomFlip', prob=0.5),
            dict(type='PackSegInputs'),
        ],
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmssl.ImageMasks',
        data_root='data/people',
        img_root='images',
        mask_root='parsing',
        classes='labels.json',
        groups='people',
        indices=list(range(400, 500)),
        test_mode=True,
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='Resize', scale=(64, 128)),
            # not resized: judged at the photo's own size
            dict(type='mmssl.MaskToSegMap'),
            dict(type='PackSegInputs'),
        ],
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='IoUMetric', iou_metrics=['mIoU'])
test_evaluator = val_evaluator
