# Boxes are read at 2x2 points, side by side: where in the box matters.
# ablates: model.region.output_size, model.region.cells, model.neck.in_channels
_base_ = '../scrl_r50_1xb128-100ep_images.py'
model = dict(
    region=dict(output_size=2, cells='flatten'), neck=dict(in_channels=8192)
)
