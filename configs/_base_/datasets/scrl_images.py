# Two views of each image of a folder, labels or not, with matching boxes. The
# augmentations are those of the paper's Table A1; where it says Gaussian blur,
# the published code blurs by resizing, and so does this. pipeline[1] makes the
# views, pipeline[2] the boxes.
train_dataloader = dict(
    batch_size=256,
    num_workers=12,
    persistent_workers=True,
    sampler=dict(type='DrawSampler', infinite=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(
        type='ImageFolder',
        data_root='data/images',
        pipeline=[
            dict(type='LoadImageRGB'),
            dict(
                type='MultiViewGeometry',
                views=[
                    [
                        dict(
                            type='RandomResizedCropView',
                            size=224,
                            scale=(0.2, 1.0),
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
                        dict(type='ResizeBlurView', prob=1.0),
                        dict(type='SolarizeView', prob=0.0, threshold=128),
                    ],
                    [
                        dict(
                            type='RandomResizedCropView',
                            size=224,
                            scale=(0.2, 1.0),
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
                        dict(type='ResizeBlurView', prob=0.1),
                        dict(type='SolarizeView', prob=0.2, threshold=128),
                    ],
                ],
            ),
            dict(
                type='SampleBoxPairs',
                num_boxes=10,
                mode='grid',
                min_size=32,
                iou_threshold=0.5,
                jitter=0.0,
                max_trials=50,
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
