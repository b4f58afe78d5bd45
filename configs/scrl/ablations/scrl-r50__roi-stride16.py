# The last stage keeps stride 16: boxes on a map of 14x14 cells.
# ablates: model.backbone.strides, model.region.stride
_base_ = '../scrl_r50_1xb128-100ep_images.py'
model = dict(backbone=dict(strides=(1, 2, 2, 1)), region=dict(stride=16))
