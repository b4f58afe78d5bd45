# CMP on a dilated ResNet-50 (output stride 8), as published.
model = dict(
    type='CMP',
    data_preprocessor=dict(
        type='FlowDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
    backbone=dict(
        type='ResNet',
        depth=50,
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
        out_indices=(3,),
    ),
    neck=dict(type='ConvProjection', in_channels=2048, out_channels=256),
    motion_encoder=dict(type='MotionEncoder', strides=(2, 2, 2), channels=16),
    decoder=dict(
        type='PlainMotionDecoder',
        in_channels=272,  # 256 of the image, 16 of the guidance
        channels=128,
        pools=(1, 2, 4),
    ),
    head=dict(
        type='FlowBinHead',
        in_channels=384,  # 128 for each of the decoder's pools
        codec=dict(type='FlowCodec', nbins=99, fmax=50, spacing='linear'),
        loss=dict(type='FlowBinLoss', zero_bin_weight=1.0),
    ),
    weight_init='published',
)
