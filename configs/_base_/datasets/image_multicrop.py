# Two large square crops of each image and eight small ones, as the published
# DINO makes them for ViTs. pipeline[1].views holds the pipelines of the first
# large view, of the second, and of the small ones; num_views says how many
# there are of each.
train_dataloader = dict(
    batch_size=64,
    num_workers=8,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type='DrawSampler', infinite=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='ImageFolder',
        data_root='data/images',
        data_prefix='',
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
                            size=224,
                            scale=(0.4, 1.0),
                            ratio=(3 / 4, 4 / 3),
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
                            size=224,
                            scale=(0.4, 1.0),
                            ratio=(3 / 4, 4 / 3),
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
                            size=96,
                            scale=(0.05, 0.4),
                            ratio=(3 / 4, 4 / 3),
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
