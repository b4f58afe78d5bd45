# Boxes on every level of a feature pyramid, side by side.
# ablates: model.backbone.out_indices, model.region, model.neck.in_channels
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.model.backbone.out_indices = (0, 1, 2, 3)
_base_.model.region = dict(type='FPNRegions', levels='concat')
model = dict(neck=dict(in_channels=1024))
