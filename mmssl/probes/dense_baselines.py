"""What a dense probe gets without a network: colours and places."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def colour_maps(
    images: Tensor, hw: tuple[int, int], position: bool = False
) -> Tensor:
    """Describe each cell by mean and spread of its colour.

    Mean and standard deviation of R, G and B over the cell's pixels, with
    ``position`` also its height and place across, and all products of two of
    these: a linear classifier on them can tell clouds of colours apart.

    Args:
        images: (N, 3, H, W) uint8 RGB.
        hw: h and w, cells.
        position: Whether to add the cell's place.

    Returns:
        (N, 27, h, w) float32, with position (N, 44, h, w).

    Example:
        >>> images = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
        >>> colour_maps(images, (4, 2)).shape
        torch.Size([2, 27, 4, 2])
    """
    pixels = images.float() / 127.5 - 1
    mean = F.adaptive_avg_pool2d(pixels, hw)
    square = F.adaptive_avg_pool2d(pixels.square(), hw)
    parts = [mean, (square - mean.square()).clamp(min=0).sqrt()]
    if position:
        down, across = (
            2 * (torch.arange(n, device=images.device) + 0.5) / n - 1
            for n in hw
        )
        place = torch.stack(torch.meshgrid(down, across, indexing='ij'))
        parts.append(place.expand(len(images), -1, -1, -1))
    plain = torch.cat(parts, 1)
    i, j = torch.triu_indices(plain.shape[1], plain.shape[1])
    return torch.cat([plain, plain[:, i] * plain[:, j]], 1)
