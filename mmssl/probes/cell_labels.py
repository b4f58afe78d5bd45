"""Labels of pixels, brought to the cells of a feature map."""

from __future__ import annotations

import torch
from torch import Tensor

HW = tuple[int, int]


def cell_counts(mask: Tensor, hw: HW, num_classes: int) -> Tensor:
    """Count the pixels of each class in each cell.

    The mask is divided into h x w cells as equal as whole pixels allow; each
    pixel lies in one. Pixels without a class (labels < 0) are in none.

    Args:
        mask: (H, W) whole numbers, labels below ``num_classes``.
        hw: h and w, cells.
        num_classes: K.

    Returns:
        (h * w, K) float32, on the mask's device.

    Example:
        >>> mask = torch.tensor([[0, 0, 1, 1], [0, 1, 1, -100]])
        >>> cell_counts(mask, (1, 2), 2).tolist()
        [[3.0, 1.0], [0.0, 3.0]]
    """
    cells = hw[0] * hw[1]
    rows, columns = (
        torch.arange(length, device=mask.device) * parts // length
        for length, parts in zip(mask.shape, hw)
    )
    cell = rows[:, None] * hw[1] + columns[None]
    place = cell * num_classes + mask.long()
    # The last bin takes what has no class; no host sync as bincount's.
    place = torch.where(mask < 0, cells * num_classes, place).flatten()
    counts = torch.zeros(cells * num_classes + 1, device=mask.device)
    counts.scatter_add_(0, place, counts.new_ones(()).expand(place.shape))
    return counts[:-1].reshape(cells, num_classes)


def cell_shares(
    mask: Tensor, hw: HW, num_classes: int
) -> tuple[Tensor, Tensor]:
    """Return which part of each cell is of which class.

    Args:
        mask: (H, W), see :func:`cell_counts`.
        hw: h and w, cells.
        num_classes: K.

    Returns:
        (h * w, K) float32 shares of the cell's labelled pixels, which sum to
        1, or to 0 where none is; (h * w,) float32 share of labelled pixels.
    """
    counts = cell_counts(mask, hw, num_classes)
    known = counts.sum(1)
    pixels = cell_counts(torch.zeros_like(mask), hw, 1)[:, 0]
    shares = counts / known.clamp(min=1)[:, None]
    return shares, known / pixels.clamp(min=1)
