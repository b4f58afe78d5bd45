# The online probe is measured on ImageNet's validation set after each epoch.
_base_ = './scrl_runtime.py'

default_hooks = dict(
    probes=dict(
        type='ProbeHook',
        interval=1,
        probes=[
            dict(
                type='OnlineLinearAccuracy',
                precision='fp16',
                loader=dict(
                    batch_size=256,
                    num_workers=4,
                    dataset=dict(
                        type='ImageFolder',
                        data_root='data/imagenet',
                        data_prefix='val',
                        labels='folders',
                        test_mode=True,
                        pipeline=[
                            dict(type='LoadImageRGB'),
                            dict(type='ResizeView', size=256),
                            dict(type='CropView', size=224),
                            dict(type='PackViews'),
                        ],
                    ),
                ),
            )
        ],
    )
)
