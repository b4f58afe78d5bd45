"""Losses on flow itself: SmoothL1 and squared error at the target's size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmssl.models.utils.resize import resize_bilinear
from mmssl.registry import MODELS


def flow_regression_loss(
    flow: Tensor,
    target: Tensor,
    *,
    beta: float | None,
    reduction: str = 'mean',
) -> Tensor:
    """Mean over batch, components and pixels of a loss of d = up(flow) - t.

    SmoothL1: d^2 / (2 beta) where |d| < beta, else |d| - beta / 2;
    L2: d^2. ``up`` = bilinear, align_corners=True.

    Source: Zhan et al. 2019 (CMP), ``models/cmp.py``, criteria 'L1' (which
        is SmoothL1 with beta 1) and 'L2'.
    Deviates: none.

    Args:
        flow: (N, 2, h, w) prediction, px; half precision is computed in
            float32.
        target: (N, 2, H, W), px.
        beta: where SmoothL1 turns from square to linear; None: L2.
        reduction: ``'mean'``, or ``'none'``: the loss of each sample alone.

    Returns:
        () or (N,) loss, float32 or float64.

    Raises:
        ValueError: shapes do not belong together, or unknown ``reduction``.

    Example:
        >>> flow, target = torch.zeros(1, 2, 1, 1), torch.full((1, 2, 4, 4), 3)
        >>> flow_regression_loss(flow, target, beta=None)
        tensor(9.)
    """
    if (
        flow.dim() != 4
        or target.dim() != 4
        or flow.shape[:2] != target.shape[:2]
        or flow.shape[1] != 2
    ):
        raise ValueError(
            'flow and target must have shapes (N, 2, h, w) and (N, 2, H, W), '
            f'got {tuple(flow.shape)} and {tuple(target.shape)}'
        )
    if reduction not in ('mean', 'none'):
        raise ValueError(f'unknown reduction {reduction!r}; valid: mean, none')
    if flow.dtype != torch.float64:
        flow = flow.float()
    large = resize_bilinear(flow, target.shape[-2:])
    target = target.to(large.dtype)
    if beta is None:
        loss = F.mse_loss(large, target, reduction='none')
    else:
        loss = F.smooth_l1_loss(large, target, reduction='none', beta=beta)
    return loss.mean() if reduction == 'mean' else loss.mean((1, 2, 3))


@MODELS.register_module()
class FlowSmoothL1Loss(nn.Module):
    """SmoothL1 on flow in px, the published criterion 'L1'.

    Args:
        beta: where the loss turns from square to linear, px. Defaults to 1.
        loss_weight: factor of the loss. Defaults to 1.
    """

    def __init__(self, beta: float = 1.0, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.beta = beta
        self.loss_weight = loss_weight

    def forward(
        self, flow: Tensor, target: Tensor, reduction: str = 'mean'
    ) -> Tensor:
        """Return the loss: :func:`flow_regression_loss`."""
        return self.loss_weight * flow_regression_loss(
            flow, target, beta=self.beta, reduction=reduction
        )


@MODELS.register_module()
class FlowL2Loss(nn.Module):
    """Squared error on flow in px, the published criterion 'L2'.

    Args:
        loss_weight: factor of the loss. Defaults to 1.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(
        self, flow: Tensor, target: Tensor, reduction: str = 'mean'
    ) -> Tensor:
        """Return the loss: :func:`flow_regression_loss`."""
        return self.loss_weight * flow_regression_loss(
            flow, target, beta=None, reduction=reduction
        )
