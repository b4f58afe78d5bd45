# CMP on a dilated ResNet-50 with the skip decoder (output at half the size
# of the image), as published for interactive use.
model = dict(
    type='CMP',
    data_preprocessor=dict(
        type='FlowDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
    backbone=dict(
        type='StemResNet',
        depth=50,
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
        out_indices=(0, 3),
    ),
    neck=dict(type='ConvProjection', in_channels=2048, out_channels=256),
    motion_encoder=dict(type='MotionEncoder', strides=(2, 2, 2), channels=16),
    decoder=dict(
        type='SkipMotionDecoder',
        in_channels=272,  # 256 of the image, 16 of the guidance
        skip_channels=(256, 64),  # layer1 (1/4), stem (1/2)
        channels=128,
        pools=(1, 2, 4, 8),
    ),
    head=dict(
        type='FlowBinHead',
        in_channels=64,  # the decoder's 256, halved at each skip
        codec=dict(type='FlowCodec', nbins=99, fmax=50, spacing='linear'),
        loss=dict(type='FlowBinLoss', zero_bin_weight=1.0),
    ),
    weight_init='published',
)
