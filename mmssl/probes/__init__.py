"""How good are features: classifiers and figures on top of a frozen model."""

from mmssl.probes.dense_knn_probe import DenseKnnProbe
from mmssl.probes.dense_linear_probe import DenseLinearProbe
from mmssl.probes.identity_knn_probe import IdentityKnnProbe
from mmssl.probes.keypoint_linear_probe import KeypointLinearProbe
from mmssl.probes.knn_probe import KnnProbe
from mmssl.probes.linear_probe import LinearProbe
from mmssl.probes.online_linear_accuracy import OnlineLinearAccuracy
from mmssl.probes.region_knn_probe import RegionKnnProbe
from mmssl.probes.region_linear_probe import RegionLinearProbe

__all__ = [
    'DenseKnnProbe',
    'DenseLinearProbe',
    'IdentityKnnProbe',
    'KeypointLinearProbe',
    'KnnProbe',
    'LinearProbe',
    'OnlineLinearAccuracy',
    'RegionKnnProbe',
    'RegionLinearProbe',
]
