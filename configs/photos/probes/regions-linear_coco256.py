# Frozen features: a linear classifier of ground-truth boxes of COCO photos.
_base_ = '../_base_/probe_photo_regions.py'
benchmark = dict(
    name='regions-linear',
    title='Boxes, linear (mean class)',
    metric='region_linear_mean_class',
)
probe = dict(type='RegionLinearProbe')
