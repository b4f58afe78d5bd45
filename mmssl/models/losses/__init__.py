"""Losses."""

# The functions are not listed: they share the names of their modules.
from mmssl.models.losses.flow_bin_loss import FlowBinLoss
from mmssl.models.losses.flow_regression_loss import (
    FlowL2Loss,
    FlowSmoothL1Loss,
)

__all__ = ['FlowBinLoss', 'FlowL2Loss', 'FlowSmoothL1Loss']
