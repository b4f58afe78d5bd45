"""Heads."""

from mmssl.models.heads.flow_bin_head import FlowBinHead
from mmssl.models.heads.flow_regression_head import FlowRegressionHead

__all__ = ['FlowBinHead', 'FlowRegressionHead']
