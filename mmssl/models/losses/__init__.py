"""Losses."""

# The functions are not listed: they share the names of their modules.
from mmssl.models.losses.flow_bin_loss import FlowBinLoss
from mmssl.models.losses.flow_regression_loss import (
    FlowL2Loss,
    FlowSmoothL1Loss,
)
from mmssl.models.losses.normalized_l2_loss import NormalizedL2Loss
from mmssl.models.losses.roi_contrast_loss import RoIContrastLoss

__all__ = [
    'NormalizedL2Loss',
    'FlowBinLoss',
    'FlowL2Loss',
    'FlowSmoothL1Loss',
    'RoIContrastLoss',
]
