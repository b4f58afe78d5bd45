"""How good are features: classifiers and figures on top of a frozen model."""

from mmssl.probes.knn_probe import KnnProbe
from mmssl.probes.linear_probe import LinearProbe
from mmssl.probes.online_linear_accuracy import OnlineLinearAccuracy

__all__ = ['KnnProbe', 'LinearProbe', 'OnlineLinearAccuracy']
