"""Cross-entropy at full size of logits given at low size, piece by piece.

The bin loss wants N x 198 x H x W logits, which are nothing but a bilinear
enlargement of N x 198 x h x w ones. Here one piece of them exists at a time:
it is enlarged, gives its part of the loss *and* of the low-size gradient at
once, and is dropped. The gradient is ready when the forward pass ends.

On the CPU a piece is a tile that stays in the cache, enlarged by two small
matrix products; elsewhere it is a group of whole planes, enlarged by
``F.interpolate``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

# Measured on one AVX-512 core (99 classes): larger tiles leave the cache,
# smaller ones spend their time in calls.
TILE_HW = (32, 128)
# Smallest sum of exponentials that still has all its digits in float32.
LOWEST_TOTAL = 1e-30
# 256 MiB of float32 for a group of planes.
GROUP_ELEMENTS = 2**26


def upsampled_cross_entropy(
    logits: Tensor, target: Tensor, pixel_weight: Tensor, tiled: bool
) -> Tensor:
    """Weighted cross-entropy of each plane after bilinear enlargement.

    loss_p = sum_ij pixel_weight_pij CE(up(logits_p)_ij, target_pij), ``up``
    with align_corners=True. Not differentiable twice.

    Args:
        logits: (P, K, h, w) float32 or float64.
        target: (P, H, W) int64 in 0 .. K - 1.
        pixel_weight: (P, H, W), dtype of ``logits``; no gradient.
        tiled: tiles and matrix products, or groups of whole planes.

    Returns:
        (P,) losses, dtype of ``logits``.
    """
    # Inside a Function the grad mode is always off: ask here.
    wanted = torch.is_grad_enabled() and logits.requires_grad
    return _UpsampledCrossEntropy.apply(
        logits, target, pixel_weight, tiled, wanted
    )


class _UpsampledCrossEntropy(torch.autograd.Function):
    """Computes the gradient in the forward pass, scales it in backward."""

    @staticmethod
    def forward(
        ctx: Any,
        logits: Tensor,
        target: Tensor,
        pixel_weight: Tensor,
        tiled: bool,
        wanted: bool,
    ) -> Tensor:
        """Return (P,) losses; keep the gradient of their sum if wanted."""
        grad = torch.zeros_like(logits) if wanted else None
        run = _by_tiles if tiled else _by_planes
        # The products below must not fall into half precision.
        with torch.autocast(logits.device.type, enabled=False):
            losses = run(logits, target, pixel_weight, grad)
        if grad is not None:
            ctx.save_for_backward(grad)
        return losses

    @staticmethod
    def backward(ctx: Any, grad_output: Tensor) -> tuple[Tensor | None, ...]:
        """Planes are independent: scale each plane's gradient."""
        if torch.is_grad_enabled():  # create_graph=True
            raise RuntimeError(
                'the chunked bin loss cannot be differentiated twice: use '
                'chunked=False'
            )
        (grad,) = ctx.saved_tensors
        return grad * grad_output.view(-1, 1, 1, 1), None, None, None, None


def _cross_entropy_(z: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Return (P,) weighted losses; turn logits into their gradient in place.

    Args:
        z: (P, K, ...) logits; afterwards weight * (softmax - one-hot).
        target: (P, 1, ...) int64.
        weight: (P, 1, ...).
    """
    z.sub_(z.amax(1, keepdim=True))
    picked = z.gather(1, target)
    z.exp_()
    return _finish_(z, z.sum(1, keepdim=True), picked, target, weight)


def _lowered_cross_entropy_(
    z: Tensor, target: Tensor, weight: Tensor
) -> Tensor | None:
    """Do the same for logits <= 0, without looking for their maxima.

    Returns:
        (P,) losses; None, with ``z`` spoilt, where a pixel's logits are all
        so low that their exponentials vanish.
    """
    picked = z.gather(1, target)
    z.exp_()
    total = z.sum(1, keepdim=True)
    if total.amin() < LOWEST_TOTAL:
        return None
    return _finish_(z, total, picked, target, weight)


def _finish_(
    z: Tensor, total: Tensor, picked: Tensor, target: Tensor, weight: Tensor
) -> Tensor:
    """Return losses from exponentials ``z`` and their sum; see above."""
    nll = total.log() - picked
    z.mul_(weight / total)
    z.scatter_add_(1, target, -weight)
    return (nll * weight).flatten(1).sum(1)


class _Strip(NamedTuple):
    """A run of output pixels, the input cells it needs, and their shares."""

    out: slice
    cells: slice
    shares: Tensor  # (pixels of out, cells)


def _strips(n: int, m: int, length: int, like: Tensor) -> list[_Strip]:
    """Cut the enlargement of n cells to m pixels, of one axis, into strips.

    Pixel i lies at i (n - 1) / (m - 1) between the cells (align_corners).
    """
    at = torch.arange(m, dtype=torch.float64) * ((n - 1) / max(m - 1, 1))
    low = at.floor().long().clamp(max=n - 1)
    high = (low + 1).clamp(max=n - 1)
    shares = torch.zeros(m, n, dtype=torch.float64)
    shares.scatter_add_(1, low[:, None], (1 - (at - low))[:, None])
    shares.scatter_add_(1, high[:, None], (at - low)[:, None])
    shares = shares.to(like)
    strips = []
    for first in range(0, m, length):
        end = min(first + length, m)
        cells = slice(int(low[first]), int(high[end - 1]) + 1)
        part = shares[first:end, cells].contiguous()
        strips.append(_Strip(slice(first, end), cells, part))
    return strips


def _by_tiles(
    logits: Tensor, target: Tensor, weight: Tensor, grad: Tensor | None
) -> Tensor:
    """Tiles of one plane; bilinear enlargement is rows x plane x columns.

    A softmax does not change if all logits of a pixel are lowered alike, and
    an enlarged pixel is a mean of cells: so the maximum of each *cell* is
    taken off before the enlargement, where it costs next to nothing.

    Rows, the dearer of the two, are enlarged by products of two plain
    matrices: the classes lie between rows and columns.
    """
    height, width = target.shape[-2:]
    rows = _strips(logits.shape[2], height, TILE_HW[0], logits)
    columns = _strips(logits.shape[3], width, TILE_HW[1], logits)
    losses = logits.new_zeros(len(logits))
    lowered = (logits - logits.amax(1, keepdim=True)).transpose(1, 2)
    for p, plane in enumerate(lowered.contiguous()):  # (h, K, w)
        back = None if grad is None else grad[p].transpose(0, 1)
        for row in rows:
            for column in columns:
                at = p, row.out, None, column.out
                losses[p] += _tile(
                    row, column, plane, target[at], weight[at], back
                )
    return losses


def _tile(
    row: _Strip,
    column: _Strip,
    plane: Tensor,
    target: Tensor,
    weight: Tensor,
    back: Tensor | None,
) -> Tensor:
    """Return the loss of one tile, and add its gradient to the plane's.

    Args:
        row: Which rows.
        column: Which columns.
        plane: (h, K, w) logits, at most 0.
        target: (R, 1, C) int64.
        weight: (R, 1, C).
        back: (h, K, w) gradient of ``plane``, added to in place.
    """
    wide = plane[row.cells, :, column.cells] @ column.shares.t()
    shape = len(row.shares), *wide.shape[1:]
    z = (row.shares @ wide.flatten(1)).view(shape)  # (R, K, C)
    loss = _lowered_cross_entropy_(z, target, weight)
    if loss is None:
        z = (row.shares @ wide.flatten(1)).view(shape)
        loss = _cross_entropy_(z, target, weight)
    if back is not None:
        narrow = (row.shares.t() @ z.flatten(1)).view(wide.shape)
        back[row.cells, :, column.cells] += narrow @ column.shares
    return loss.sum()


def _by_planes(
    logits: Tensor, target: Tensor, weight: Tensor, grad: Tensor | None
) -> Tensor:
    """As many whole planes at a time as fit in GROUP_ELEMENTS."""
    height, width = target.shape[-2:]
    group = max(1, GROUP_ELEMENTS // (logits.shape[1] * height * width))
    losses = []
    for first in range(0, len(logits), group):
        part = slice(first, first + group)
        leaf = logits[part].detach().requires_grad_()
        with torch.enable_grad():
            large = F.interpolate(
                leaf, (height, width), mode='bilinear', align_corners=True
            )
        # Where sizes agree, F.interpolate may return its input.
        z = large.detach().clone() if large is leaf else large.detach()
        losses.append(
            _cross_entropy_(z, target[part][:, None], weight[part][:, None])
        )
        if grad is not None:
            grad[part] = torch.autograd.grad(large, leaf, z)[0]
    return torch.cat(losses)
