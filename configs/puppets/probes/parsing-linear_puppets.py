# Frozen features: a linear classifier of each cell of the last maps, 7 parts
# of puppets. Cost with ResNet-18: COST_PL of CPU time.
_base_ = '../_base_/probe_parsing.py'
benchmark = dict(
    name='parsing-linear',
    title='Parsing, linear',
    metric='parsing_linear_miou',
)
probe = dict(type='DenseLinearProbe')
bank_images = 300  # drawn by the seed
