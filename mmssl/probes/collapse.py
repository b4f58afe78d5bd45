"""Whether features still tell images apart: two figures of a batch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


@torch.no_grad()
def feature_std(rows: Tensor) -> Tensor:
    """Return the mean over dimensions of the std of rows of length 1.

    std_j over rows of x_ij / |x_i|, averaged over j: 1 / sqrt(C) if the rows
    spread over the sphere evenly, 0 if all are the same direction. Rows that
    are positive throughout (after a ReLU) share a direction and stay below.

    Source: Chen & He 2021 (SimSiam), arXiv:2011.10566, fig. 2.
    Deviates: none.

    Args:
        rows: (n, C), n >= 2; rows of zeros stay zeros.

    Returns:
        () float32.

    Raises:
        ValueError: fewer than two rows.

    Example:
        >>> feature_std(torch.ones(4, 9)).item()
        0.0
    """
    _check(rows)
    unit = F.normalize(rows.float(), dim=1)
    return unit.std(dim=0, unbiased=False).mean()


@torch.no_grad()
def rank_me(rows: Tensor, epsilon: float = 1e-7) -> Tensor:
    """Return RankMe, a smooth count of the dimensions that are in use.

    exp(- sum p_k log p_k), p_k = s_k / sum s + epsilon, with the singular
    values s of the rows: 1 if all rows are multiples of one, C if all
    directions are equally strong, and never more than min(n, C) (but for
    epsilon), so it is compared at equal n only.

    Source: Garrido et al. 2023, arXiv:2210.02885, eq. 1.
    Deviates: none; singular values are computed in float64.

    Args:
        rows: (n, C), n >= 2, as they are, not centred.
        epsilon: of the paper.

    Returns:
        () float32; 1 where all rows are zero.

    Raises:
        ValueError: fewer than two rows.

    Example:
        >>> round(rank_me(torch.eye(8)).item(), 3)
        8.0
    """
    _check(rows)
    matrix = rows.to(_wide(rows))
    if matrix.shape[0] > matrix.shape[1]:
        matrix = matrix.T
    # The small one of the two Gram matrices: its eigenvalues are s squared.
    largest = matrix.abs().max().clamp(min=torch.finfo(matrix.dtype).tiny)
    matrix = matrix / largest
    values = torch.linalg.eigvalsh(matrix @ matrix.T).clamp(min=0).sqrt()
    total = values.sum()
    share = torch.where(total > 0, values / total, 0) + epsilon
    entropy = -(share * share.log()).sum()
    return torch.where(total > 0, entropy.exp(), 1.0).float()


def _wide(rows: Tensor) -> torch.dtype:
    """Return float64, or float32 where the device has none."""
    return torch.float32 if rows.device.type == 'mps' else torch.float64


def _check(rows: Tensor) -> None:
    if rows.dim() != 2 or len(rows) < 2:
        raise ValueError(
            'features must be (n, C) with n >= 2 rows, got '
            f'{tuple(rows.shape)}'
        )
