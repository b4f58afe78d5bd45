# Frozen features: a linear classifier of ground-truth boxes, four kinds.
_base_ = '../_base_/probe_regions.py'
benchmark = dict(
    name='regions-linear',
    title='Boxes, linear (mean class)',
    metric='region_linear_mean_class',
)
probe = dict(type='RegionLinearProbe')
bank_images = 300  # drawn by the seed
