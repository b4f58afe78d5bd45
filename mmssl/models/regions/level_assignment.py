"""Which level of a pyramid a box belongs to."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


def assign_levels(
    boxes: Tensor,
    strides: Sequence[int],
    canonical_size: float = 224,
    canonical_level: int = 4,
) -> Tensor:
    """Choose levels by size: l = floor(l0 + log2(sqrt(w h) / s0)).

    Level l is the one of stride 2^l; sizes beyond the pyramid take its
    nearest end.

    Source: Lin et al. 2017 (FPN), arXiv:1612.03144, eq. 1 (s0 = 224 px,
        l0 = 4). 1e-6 is added before the floor, as in the detectors, so that
        a box of exactly 112 px does not fall to the level below by rounding.
    Deviates: none.

    Args:
        boxes: (M, 5): image, x1, y1, x2, y2 in px.
        strides: of the levels, px, finest first, each twice the one before.
        canonical_size: s0, px.
        canonical_level: l0.

    Returns:
        (M,) int64, place in ``strides``.

    Example:
        >>> sides = torch.tensor([[32.0], [112.0], [223.0], [224.0], [999.0]])
        >>> boxes = torch.cat(
        ...     (sides * 0, sides * 0, sides * 0, sides, sides), 1
        ... )
        >>> assign_levels(boxes, (4, 8, 16, 32))
        tensor([0, 1, 1, 2, 3])
    """
    size = (boxes[:, 3] - boxes[:, 1]) * (boxes[:, 4] - boxes[:, 2])
    scale = size.clamp(min=0).sqrt() / canonical_size
    level = torch.floor(canonical_level + torch.log2(scale) + 1e-6)
    first = round(math.log2(strides[0]))
    last = first + len(strides) - 1
    return level.clamp(first, last).long() - first
