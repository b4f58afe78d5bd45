# RoI linear evaluation: the boxes of a frozen ResNet-50's last map (1x1
# RoIAlign, stride 32) and one linear layer.
model = dict(
    type='RoILinearEvaluation',
    backbone=dict(
        type='ResNet',
        depth=50,
        init_cfg=dict(
            type='Pretrained',
            checkpoint='CHECKPOINT',
            prefix='backbone.',
            min_matched=1.0,
        ),
    ),
    region=dict(type='RoIRegions', output_size=1),
    head=dict(type='LinearProbe', num_classes=80, in_channels=2048),
    statistics='batch',
    data_preprocessor=dict(
        type='mmengine.ImgDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        pad_size_divisor=32,
    ),
)
