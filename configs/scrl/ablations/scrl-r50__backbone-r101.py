# ResNet-101 instead of ResNet-50.
# ablates: model.backbone.depth
_base_ = '../scrl_r50_1xb128-100ep_images.py'
model = dict(backbone=dict(depth=101))
