# Skip decoder: output at half the size of the image instead of an eighth.
# ablates: model.backbone, model.decoder, model.head.in_channels
_base_ = '../cmp_r50_1xb32-20k_videos.py'
model = dict(
    backbone=dict(type='StemResNet', out_indices=(0, 3)),
    decoder=dict(
        type='SkipMotionDecoder', skip_channels=(256, 64), pools=(1, 2, 4, 8)
    ),
    head=dict(in_channels=64),
)
