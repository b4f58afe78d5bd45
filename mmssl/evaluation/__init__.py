"""Errors, baselines and metrics."""

from mmssl.evaluation.flow_table import format_flow_table, save_flow_metrics
from mmssl.evaluation.metrics import AccuracyMetric, FlowMetric

__all__ = [
    'AccuracyMetric',
    'FlowMetric',
    'format_flow_table',
    'save_flow_metrics',
]
