# RoI linear evaluation of a frozen ResNet-50 with feature pyramid: a box is
# read on every level, the vectors side by side.
model = dict(
    type='RoILinearEvaluation',
    backbone=dict(
        type='ResNet',
        depth=50,
        out_indices=(0, 1, 2, 3),
        init_cfg=dict(
            type='Pretrained',
            checkpoint='CHECKPOINT',
            prefix='backbone.',
            min_matched=1.0,
        ),
    ),
    region=dict(
        type='FPNRegions',
        in_channels=(256, 512, 1024, 2048),
        out_channels=256,
        levels='concat',
        init_cfg=dict(
            type='Pretrained',
            checkpoint='CHECKPOINT',
            prefix='region.',
            min_matched=1.0,
        ),
    ),
    head=dict(type='LinearProbe', num_classes=80, in_channels=1024),
    statistics='batch',
    data_preprocessor=dict(
        type='mmengine.ImgDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        pad_size_divisor=32,
    ),
)
