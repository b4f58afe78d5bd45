# ResNet-18, dilated to stride 8 like the ResNet-50.
# ablates: model.backbone.depth, model.neck.in_channels
_base_ = '../cmp_r50_1xb32-20k_videos.py'
model = dict(backbone=dict(depth=18), neck=dict(in_channels=512))
