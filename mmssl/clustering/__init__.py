"""Clusters of feature vectors, in batches and on any device."""

from mmssl.clustering.kmeans import masked_kmeans
from mmssl.clustering.part_labels import PartMaps, part_label_maps
from mmssl.clustering.two_means import upper_of_two_means

__all__ = [
    'PartMaps',
    'masked_kmeans',
    'part_label_maps',
    'upper_of_two_means',
]
