"""Losses."""

from mmssl.models.losses.flow_bin_loss import FlowBinLoss, flow_bin_loss
from mmssl.models.losses.flow_regression_loss import (
    FlowL2Loss,
    FlowSmoothL1Loss,
    flow_regression_loss,
)

__all__ = [
    'FlowBinLoss',
    'FlowL2Loss',
    'FlowSmoothL1Loss',
    'flow_bin_loss',
    'flow_regression_loss',
]
