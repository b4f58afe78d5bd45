"""The distance of two unit vectors: the loss of BYOL and SCRL."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmssl.registry import MODELS


def normalized_l2_loss(online: Tensor, target: Tensor) -> Tensor:
    """Mean over rows of |a/|a| - b/|b||^2 = 2 - 2 cos(a, b).

    Source: Grill et al. 2020 (BYOL), arXiv:2006.07733, eq. 2; Roh et al.
        2021 (SCRL), arXiv:2103.06122.
    Deviates: no row gives 0 that is connected to ``online``, where the
        published code fails.

    Args:
        online: (P, C) predictions, not normalised; half precision is
            computed in float32.
        target: (P, C) projections of the teacher; row i belongs to row i.
            No gradient goes there.

    Returns:
        () float32 or float64, in [0, 4].

    Raises:
        ValueError: shapes differ, or are not (P, C).

    Example:
        >>> normalized_l2_loss(torch.eye(2), 3 * torch.eye(2))
        tensor(0.)
        >>> normalized_l2_loss(torch.eye(2), -torch.eye(2))
        tensor(4.)
    """
    if online.shape != target.shape or online.dim() != 2:
        raise ValueError(
            'online and target must both be (P, C), got '
            f'{tuple(online.shape)} and {tuple(target.shape)}'
        )
    dtype = torch.promote_types(online.dtype, torch.float32)
    with torch.autocast(online.device.type, enabled=False):
        a = F.normalize(online.to(dtype), dim=1)
        b = F.normalize(target.detach().to(dtype), dim=1)
        # A mean of nothing would be nan; a sum of nothing is 0.
        return (2 - 2 * (a * b).sum(1)).sum() / max(len(a), 1)


@MODELS.register_module()
class NormalizedL2Loss(nn.Module):
    """Mean over rows of 2 - 2 cos: :func:`normalized_l2_loss`.

    Args:
        loss_weight: factor of the loss. Defaults to 1.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, online: Tensor, target: Tensor) -> Tensor:
        """Return the loss of (P, C) predictions and (P, C) targets."""
        return self.loss_weight * normalized_l2_loss(online, target)
