# ResNet-18 instead of ResNet-50.
# ablates: model.backbone.depth, model.neck.in_channels
_base_ = '../scrl_r50_1xb128-100ep_images.py'
model = dict(backbone=dict(depth=18), neck=dict(in_channels=512))
