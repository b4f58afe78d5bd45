# Boxes on the third stage (stride 16); there is no fourth, which would not
# be trained.
# ablates: model.backbone.num_stages, model.backbone.strides
# ablates: model.backbone.dilations, model.backbone.out_indices
# ablates: model.region.stride, model.neck.in_channels
_base_ = '../scrl_r50_1xb128-100ep_images.py'
_base_.model.backbone.update(
    num_stages=3, strides=(1, 2, 2), dilations=(1, 1, 1), out_indices=(2,)
)
model = dict(region=dict(stride=16), neck=dict(in_channels=1024))
