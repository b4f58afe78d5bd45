# CMP on a plain ResNet-18 (stride 32) with skips at 1/4, 1/8 and 1/16: light
# enough for a CPU. Output at a quarter of the size of the image.
model = dict(
    type='CMP',
    data_preprocessor=dict(
        type='FlowDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
    backbone=dict(type='ResNet', depth=18, out_indices=(0, 1, 2, 3)),
    neck=dict(type='ConvProjection', in_channels=512, out_channels=128),
    motion_encoder=dict(type='MotionEncoder', strides=(2, 2, 8), channels=16),
    decoder=dict(
        type='SkipMotionDecoder',
        in_channels=144,  # 128 of the image, 16 of the guidance
        skip_channels=(256, 128, 64),
        channels=64,
        pools=(1, 2),
        fused_channels=256,
    ),
    head=dict(
        type='FlowBinHead',
        in_channels=32,  # the decoder's 256, halved at each skip
        codec=dict(type='FlowCodec', nbins=99, fmax=50, spacing='linear'),
        loss=dict(type='FlowBinLoss', zero_bin_weight=1.0),
    ),
    weight_init='backbone',
)
