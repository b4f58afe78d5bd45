# Frozen features: a linear classifier of each cell of the last map, eight
# groups of classes of data/people.
_base_ = '../_base_/probe_people.py'
benchmark = dict(
    name='parsing-linear',
    title='Parsing, linear',
    metric='parsing_linear_miou',
)
probe = dict(type='DenseLinearProbe')
