"""Metrics of the validation loop."""

from mmssl.evaluation.metrics.flow_metric import FlowMetric, FlowSampleResult

__all__ = ['FlowMetric', 'FlowSampleResult']
