# AlexNet-BN at stride 8, the published variant that no recipe uses.
# ablates: model.backbone, model.neck.in_channels
_base_ = '../cmp_r50_1xb32-20k_videos.py'
_base_.model.backbone = dict(type='AlexNetBN', variant='8x')
_base_.model.neck.in_channels = 4096
