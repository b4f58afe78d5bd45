"""Cross-entropy on the bins of flow, one term for each axis."""

from __future__ import annotations

from typing import Union

import torch
import torch.nn.functional as F
from mmengine.dist import all_reduce, get_world_size
from torch import Tensor, nn

from mmssl.models.losses.upsampled_cross_entropy import (
    upsampled_cross_entropy,
)
from mmssl.registry import MODELS

# Full-size logits below this number of elements are simply made (4 MiB).
SMALL = 2**20

Chunked = Union[bool, str]


def flow_bin_loss(
    logits: Tensor,
    bins: Tensor,
    *,
    zero_bin_weight: float = 1.0,
    reduction: str = 'mean',
    chunked: Chunked = 'auto',
    weight_sum: Tensor | None = None,
) -> Tensor:
    """Binned cross-entropy of flow at the size of the target.

    loss = sum over u, v of sum_ij w_ij CE(up(logits)_ij, bins_ij) / sum w,
    ``up`` = bilinear, align_corners=True; w = zero_bin_weight where the
    target is the middle bin, else 1; the sums run over batch and pixels.

    Source: Zhan et al. 2019 (CMP), ``losses.py``, DiscreteLoss (weight 1)
        and WeightedDiscrete (0.01).
    Deviates: no N x 2K x H x W tensor is made unless ``chunked`` is off.

    Args:
        logits: (N, 2 * K, h, w): u's bins, then v's; half precision is
            computed in float32.
        bins: (N, 2, H, W) int64 in 0 .. K - 1; K is odd.
        zero_bin_weight: weight of a pixel whose target is the middle bin.
        reduction: ``'mean'``, or ``'none'``: the loss of each sample alone.
        chunked: True: piece by piece, gradient in the forward pass (smaller
            and faster, not differentiable twice). False: the plain formula.
            ``'auto'``: True unless the full-size logits are small.
        weight_sum: (2,) what to divide the sums of u and v by instead of
            the sums of this batch's weights; see :func:`pixel_weight_sum`.

    Returns:
        () or (N,) loss, float32 or float64.

    Raises:
        ValueError: shapes do not belong together, or unknown ``reduction``
            or ``chunked``.

    Example:
        >>> bins = torch.zeros(1, 2, 8, 8, dtype=torch.int64)
        >>> flow_bin_loss(torch.zeros(1, 6, 4, 4), bins)  # 2 ln 3
        tensor(2.1972)
    """
    _check(logits, bins, reduction, chunked)
    if logits.dtype != torch.float64:
        logits = logits.float()
    n, _, height, width = bins.shape
    k = logits.shape[1] // 2
    if chunked == 'auto':
        chunked = logits.shape[1] * bins[:, 0].numel() > SMALL
    planes = logits.reshape(n * 2, k, *logits.shape[2:])
    target = bins.reshape(n * 2, height, width)
    weight = _pixel_weight(bins, k, zero_bin_weight, reduction, logits.dtype)
    if weight_sum is not None:
        own = pixel_weight_sum(bins, k, zero_bin_weight, logits.dtype)
        share = (own / weight_sum).repeat(n).view(-1, 1, 1)
        weight = weight * share
    if chunked:
        losses = _pieces(planes, target, weight)
    else:
        losses = _plain(planes, target, weight)
    losses = losses.view(n, 2)
    return losses.sum() if reduction == 'mean' else losses.sum(1)


def pixel_weight_sum(
    bins: Tensor, num_bins: int, zero_bin_weight: float, dtype: torch.dtype
) -> Tensor:
    """Return the sum of the pixels' weights, for u and for v.

    Args:
        bins: (N, 2, H, W) int64.
        num_bins: K, odd.
        zero_bin_weight: weight of pixels in the middle bin; others have 1.
        dtype: of the result.

    Returns:
        (2,) sums.

    Example:
        >>> bins = torch.tensor([[[[1, 2]], [[1, 1]]]])
        >>> pixel_weight_sum(bins, 3, 0.5, torch.float32)
        tensor([1.5000, 1.0000])
    """
    moving = (bins != num_bins // 2).sum((0, 2, 3)).to(dtype)
    count = bins[:, 0].numel()
    return zero_bin_weight * (count - moving) + moving


def _check(
    logits: Tensor, bins: Tensor, reduction: str, chunked: Chunked
) -> None:
    """Refuse tensors and options that do not belong together."""
    if bins.dim() != 4 or bins.shape[1] != 2:
        raise ValueError(
            f'bins must have shape (N, 2, H, W), got {tuple(bins.shape)}'
        )
    if (
        logits.dim() != 4
        or logits.shape[0] != bins.shape[0]
        or logits.shape[1] % 4 != 2
    ):
        raise ValueError(
            f'logits must have shape (N, 2 * K, h, w) with K odd and N = '
            f'{bins.shape[0]}, as bins have; got {tuple(logits.shape)}'
        )
    if reduction not in ('mean', 'none'):
        raise ValueError(f'unknown reduction {reduction!r}; valid: mean, none')
    if chunked not in (True, False, 'auto'):
        raise ValueError(
            f"unknown chunked {chunked!r}; valid: 'auto', False, True"
        )


def _pixel_weight(
    bins: Tensor,
    k: int,
    zero_bin_weight: float,
    reduction: str,
    dtype: torch.dtype,
) -> Tensor:
    """Return (N * 2, H, W) weights that make the weighted sum a mean."""
    n, _, height, width = bins.shape
    axes = (0, 2, 3) if reduction == 'mean' else (2, 3)
    shape = (n * 2, height, width)
    if zero_bin_weight == 1:
        count = height * width * (n if reduction == 'mean' else 1)
        one = torch.full((), 1 / count, dtype=dtype, device=bins.device)
        return one.expand(shape)
    weight = torch.ones_like(bins, dtype=dtype)
    weight.masked_fill_(bins == k // 2, zero_bin_weight)
    return (weight / weight.sum(axes, keepdim=True)).view(shape)


@torch.compiler.disable
def _pieces(planes: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Piece by piece; a loop that torch.compile would only unroll."""
    tiled = planes.device.type == 'cpu'
    return upsampled_cross_entropy(planes, target, weight, tiled)


def _plain(planes: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Make the full-size logits."""
    large = F.interpolate(
        planes, target.shape[-2:], mode='bilinear', align_corners=True
    )
    nll = F.cross_entropy(large, target, reduction='none')
    return (nll * weight).sum((1, 2))


@MODELS.register_module()
class FlowBinLoss(nn.Module):
    """Binned cross-entropy of flow: :func:`flow_bin_loss` as a module.

    With several processes the weights are divided by their mean sum over
    all of them, so that DDP's mean of the gradients is the gradient of the
    global batch.

    Args:
        zero_bin_weight: weight of pixels that do not move, > 0. The
            published weighted variant has 0.01. Defaults to 1.
        loss_weight: factor of the loss. Defaults to 1.
        chunked: True, False or ``'auto'``. Defaults to ``'auto'``.

    Raises:
        ValueError: ``zero_bin_weight`` is not positive.
    """

    def __init__(
        self,
        zero_bin_weight: float = 1.0,
        loss_weight: float = 1.0,
        chunked: Chunked = 'auto',
    ) -> None:
        super().__init__()
        if not zero_bin_weight > 0:
            raise ValueError(
                'zero_bin_weight must be positive, as a batch without motion '
                f'would have no weight at all; got {zero_bin_weight}'
            )
        self.zero_bin_weight = zero_bin_weight
        self.loss_weight = loss_weight
        self.chunked = chunked

    def forward(
        self, logits: Tensor, bins: Tensor, reduction: str = 'mean'
    ) -> Tensor:
        """Return the loss.

        Args:
            logits: (N, 2 * K, h, w), any float dtype.
            bins: (N, 2, H, W) int64.
            reduction: ``'mean'`` or ``'none'`` (one loss for each sample).

        Returns:
            () or (N,) loss.
        """
        return self.loss_weight * flow_bin_loss(
            logits,
            bins,
            zero_bin_weight=self.zero_bin_weight,
            reduction=reduction,
            chunked=self.chunked,
            weight_sum=self._global_weight_sum(logits, bins, reduction),
        )

    def _global_weight_sum(
        self, logits: Tensor, bins: Tensor, reduction: str
    ) -> Tensor | None:
        """Mean over all processes; None where each has the same anyway."""
        if reduction != 'mean' or self.zero_bin_weight == 1:
            return None
        if get_world_size() == 1:
            return None
        dtype = torch.promote_types(logits.dtype, torch.float32)
        num_bins = logits.shape[1] // 2
        sums = pixel_weight_sum(bins, num_bins, self.zero_bin_weight, dtype)
        all_reduce(sums, op='mean')
        return sums
