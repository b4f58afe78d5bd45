# Frozen features: each cell of the last maps by its 20 nearest neighbours, 7
# parts of puppets.
_base_ = '../_base_/probe_parsing.py'
benchmark = dict(
    name='parsing-knn',
    title='Parsing, 20-NN',
    metric='parsing_knn_miou',
)
probe = dict(type='DenseKnnProbe')
bank_images = 300  # drawn by the seed
