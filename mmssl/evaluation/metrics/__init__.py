"""Metrics of the validation loop."""

from mmssl.evaluation.metrics.accuracy_metric import AccuracyMetric
from mmssl.evaluation.metrics.flow_metric import FlowMetric, FlowSampleResult
from mmssl.evaluation.metrics.miss_rate_metric import MissRateMetric
from mmssl.evaluation.metrics.segmentation_metric import SegmentationMetric

__all__ = [
    'AccuracyMetric',
    'FlowMetric',
    'FlowSampleResult',
    'MissRateMetric',
    'SegmentationMetric',
]
