# Boxes on the level of a feature pyramid that fits their size; the pyramid is
# pretrained too.
# ablates: model.backbone.out_indices, model.region, model.neck.in_channels
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.model.backbone.out_indices = (0, 1, 2, 3)
_base_.model.region = dict(type='FPNRegions', levels='assign')
model = dict(neck=dict(in_channels=256))
