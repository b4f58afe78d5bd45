# Linear evaluation: a frozen ResNet-50 and one linear layer.
model = dict(
    type='LinearEvaluation',
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
    head=dict(type='LinearProbe', num_classes=1000, in_channels=2048),
    statistics='running',
    data_preprocessor=dict(type='ViewsDataPreprocessor'),
)
