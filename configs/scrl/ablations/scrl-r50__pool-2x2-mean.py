# Boxes are read at 2x2 points, whose mean is taken.
# ablates: model.region.output_size
_base_ = '../scrl_r50_1xb128-100ep_images.py'
model = dict(region=dict(output_size=2))
