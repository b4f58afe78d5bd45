"""Images without one part of the body."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

MASK_PARTS = ('batch', 'image')


def draw_parts(
    num_images: int,
    num_parts: int,
    each: str,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Draw which part each image loses.

    Args:
        num_images: N.
        num_parts: P.
        each: ``'image'``: for each its own; ``'batch'``: one for all.
        generator: of the CPU. Defaults to torch's.

    Returns:
        (N,) int64 in 1 .. P, on the CPU.
    """
    drawn = num_images if each == 'image' else 1
    parts = torch.randint(1, num_parts + 1, (drawn,), generator=generator)
    return parts.expand(num_images)


def without_part(images: Tensor, labels: Tensor, parts: Tensor) -> Tensor:
    """Set the cells of one part to 0, the mean of normalised images.

    Source: SOLIDER (Chen et al. 2023), published code.
    Deviates: none.

    Args:
        images: (N, 3, H, W), normalised.
        labels: (N, h, w) int64; a cell is H / h x W / w pixels.
        parts: (N,) int64, the label that goes.

    Returns:
        (N, 3, H, W).

    Example:
        >>> labels = torch.tensor([[[0, 1]]])
        >>> without_part(torch.ones(1, 1, 1, 4), labels, torch.tensor([1]))
        tensor([[[[1., 1., 0., 0.]]]])
    """
    keep = (labels != parts[:, None, None])[:, None].to(images.dtype)
    return images * F.interpolate(keep, images.shape[-2:], mode='nearest')
