# COCO photos with a panoptic class in each pixel, in nine groups:
# data/coco256/images/{train,val}2017 and semantic_segmentation/masks; photos
# without a mask are left out. 160x160 px; 0 is unlabelled and not judged.
custom_imports = dict(imports=['mmssl.datasets'])
classes = [str(value) for value in range(201)]  # COCO's numbers, not all used
groups = dict(
    ignored=['0'],
    person=['1'],
    vehicle=classes[2:10],
    animal=classes[16:26],
    furniture=[*classes[62:71], '107', '156', '188', '189'],
    plant=['119', '184', '193'],
    ground=[
        *('118', '125', '144', '145', '147', '149', '154', '159', '190'),
        *('191', '194', '200'),
    ],
    sky_sea_rock=['148', '155', '178', '187', '192', '198'],
    building=[
        *('95', '112', '128', '151', '161', '171', '175', '176', '177'),
        *('180', '181', '185', '186', '197', '199'),
    ],
    thing='*',
)
train_dataloader = dict(
    batch_size=4,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='mmssl.DrawSampler'),
    dataset=dict(
        type='mmssl.ImageMasks',
        data_root='data/coco256',
        img_root='images/train2017',
        mask_root='semantic_segmentation/masks/train2017',
        classes=classes,
        groups=groups,
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='mmssl.MaskToSegMap'),
            dict(
                type='RandomResize',
                scale=(160, 160),
                ratio_range=(1.0, 1.5),
                keep_ratio=False,
            ),
            dict(type='RandomCrop', crop_size=(160, 160)),
            dict(type='RandomFlip', prob=0.5),
            dict(type='PackSegInputs'),
        ],
    ),
)
val_dataloader = dict(
    batch_size=16,
    num_workers=1,
    persistent_workers=True,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmssl.ImageMasks',
        data_root='data/coco256',
        img_root='images/val2017',
        mask_root='semantic_segmentation/masks/val2017',
        classes=classes,
        groups=groups,
        test_mode=True,
        pipeline=[
            dict(type='LoadImageFromFile'),
            dict(type='Resize', scale=(160, 160)),
            # not resized: judged at the photo's own size
            dict(type='mmssl.MaskToSegMap'),
            dict(type='PackSegInputs'),
        ],
    ),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='IoUMetric', iou_metrics=['mIoU'])
test_evaluator = val_evaluator
