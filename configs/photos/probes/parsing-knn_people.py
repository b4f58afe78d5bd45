# Frozen features: each cell of the last map by its 20 nearest neighbours,
# eight groups of classes of data/people.
_base_ = '../_base_/probe_people.py'
benchmark = dict(
    name='parsing-knn',
    title='Parsing, 20-NN',
    metric='parsing_knn_miou',
)
probe = dict(type='DenseKnnProbe')
