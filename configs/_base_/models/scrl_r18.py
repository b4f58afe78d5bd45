# SCRL on a ResNet-18 with small projector and predictor, light enough for a
# CPU.
model = dict(
    type='SCRL',
    data_preprocessor=dict(
        type='ViewsDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
    backbone=dict(
        type='ResNet', depth=18, out_indices=(3,), zero_init_residual=False
    ),
    neck=dict(
        type='NonLinearNeck',
        in_channels=512,
        hid_channels=512,
        out_channels=128,
        num_layers=2,
        with_bias=True,
        with_last_bn=False,
        with_avg_pool=False,
        norm_cfg=dict(type='BN1d'),
    ),
    head=dict(
        type='PairPredictHead',
        predictor=dict(
            type='NonLinearNeck',
            in_channels=128,
            hid_channels=512,
            out_channels=128,
            num_layers=2,
            with_bias=True,
            with_last_bn=False,
            with_avg_pool=False,
            norm_cfg=dict(type='BN1d'),
        ),
        loss=dict(type='NormalizedL2Loss'),
    ),
    region=dict(
        type='RoIRegions',
        output_size=1,
        stride=32,
        sampling_ratio=-1,
        aligned=False,
    ),
    teacher_init='copy',
)
