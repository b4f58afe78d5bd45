# Half-pixel shift of RoIAlign, as detectors have it.
# ablates: model.region.aligned
_base_ = '../scrl_r50_1xb128-100ep_images.py'
model = dict(region=dict(aligned=True))
