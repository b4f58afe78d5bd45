# Pictures of one person each: two large views and eight small ones, as the
# published SOLIDER makes them. pipeline[1].views holds the pipelines of the
# first large view, of the second, and of the small ones; num_views says how
# many there are of each. Views are (h, w), aspects w / h. For 384x128 px:
# size=(384, 128) and (192, 64), ratio=(0.25, 0.4).
# A list of names below data_prefix is given by ann_file, its first K names by
# indices=K.
train_dataloader = dict(
    batch_size=48,
    num_workers=8,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='DrawSampler', infinite=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='ImageFolder',
        data_root='data/luperson',
        data_prefix='images',
        ann_file='',
        indices=None,
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(
                type='MultiViewGeometry',
                num_views=(1, 1, 8),
                views=[
                    [
                        dict(
                            type='RandomResizedCropView',
                            size=(256, 128),
                            scale=(0.8, 1.0),
                            ratio=(0.4, 0.6),
                        ),
                        dict(type='FlipView', prob=0.5),
                        dict(
                            type='ColorJitterView',
                            brightness=0.4,
                            contrast=0.4,
                            saturation=0.2,
                            hue=0.1,
                            prob=0.8,
                        ),
                        dict(type='GrayscaleView', prob=0.2),
                        dict(
                            type='PillowBlurView',
                            radius=(0.1, 2.0),
                            prob=1.0,
                        ),
                    ],
                    [
                        dict(
                            type='RandomResizedCropView',
                            size=(256, 128),
                            scale=(0.8, 1.0),
                            ratio=(0.4, 0.6),
                        ),
                        dict(type='FlipView', prob=0.5),
                        dict(
                            type='ColorJitterView',
                            brightness=0.4,
                            contrast=0.4,
                            saturation=0.2,
                            hue=0.1,
                            prob=0.8,
                        ),
                        dict(type='GrayscaleView', prob=0.2),
                        dict(
                            type='PillowBlurView',
                            radius=(0.1, 2.0),
                            prob=0.1,
                        ),
                        dict(type='SolarizeView', prob=0.2, threshold=128),
                    ],
                    [
                        dict(
                            type='RandomResizedCropView',
                            size=(128, 64),
                            scale=(0.05, 0.8),
                            ratio=(0.4, 0.6),
                        ),
                        dict(type='FlipView', prob=0.5),
                        dict(
                            type='ColorJitterView',
                            brightness=0.4,
                            contrast=0.4,
                            saturation=0.2,
                            hue=0.1,
                            prob=0.8,
                        ),
                        dict(type='GrayscaleView', prob=0.2),
                        dict(
                            type='PillowBlurView',
                            radius=(0.1, 2.0),
                            prob=0.5,
                        ),
                    ],
                ],
            ),
            dict(type='PackViews'),
        ],
    ),
)
# Methods without labels have nothing to validate: see ProbeHook.
val_dataloader = None
test_dataloader = None
val_evaluator = None
test_evaluator = None
