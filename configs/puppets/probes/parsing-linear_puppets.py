# Frozen features: a linear classifier of each cell of the last maps, 7 parts
# of puppets.
_base_ = '../_base_/probe_parsing.py'
benchmark = dict(
    name='parsing-linear',
    title='Parsing, linear',
    metric='parsing_linear_miou',
)
probe = dict(type='DenseLinearProbe')
bank_images = 300  # drawn by the seed
