# CMP on a plain ResNet-18: its last map (stride 32) is enlarged to stride 8,
# where the guidance joins. A third of the cost of the dilated ResNet-18, so
# light enough for a CPU. 31 bins learn from few samples what 99 need many for.
model = dict(
    type='CMP',
    data_preprocessor=dict(
        type='FlowDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
    ),
    backbone=dict(type='ResNet', depth=18, out_indices=(3,)),
    neck=dict(
        type='ConvProjection', in_channels=512, out_channels=128, upsample=4
    ),
    motion_encoder=dict(type='MotionEncoder', strides=(2, 2, 2), channels=32),
    decoder=dict(
        type='PlainMotionDecoder',
        in_channels=160,  # 128 of the image, 32 of the guidance
        channels=128,
        pools=(1, 2, 4),
    ),
    head=dict(
        type='FlowBinHead',
        in_channels=384,
        codec=dict(type='FlowCodec', nbins=31, fmax=30, spacing='linear'),
        loss=dict(type='FlowBinLoss', zero_bin_weight=0.2),
    ),
    weight_init='backbone',
)
