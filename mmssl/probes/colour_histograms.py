"""What a search for identities gets without a network: colours by height."""

from __future__ import annotations

import torch
from torch import Tensor


def colour_histograms(
    images: Tensor, stripes: int = 6, bins: int = 8
) -> Tensor:
    """Describe images by how often colours occur at each height.

    The image is cut into stripes, from head to feet; of each, R, G and B get
    a histogram of equal bins. Of the shares the square roots are taken, so
    that the cosine of two rows is the mean of the histograms' Bhattacharyya
    coefficients.

    Args:
        images: (N, 3, H, W) uint8 RGB.
        stripes: As equal as whole pixels allow.
        bins: Of 0 .. 255.

    Returns:
        (N, stripes * 3 * bins) float32 of length 1, on the images' device.

    Raises:
        ValueError: Fewer rows of pixels than stripes, or other images.

    Example:
        >>> dark = torch.zeros(1, 3, 4, 2, dtype=torch.uint8)
        >>> (colour_histograms(dark, 1, 2) ** 2).round(decimals=2)
        tensor([[0.3300, 0.0000, 0.3300, 0.0000, 0.3300, 0.0000]])
    """
    shape = tuple(images.shape)
    if images.dim() != 4 or shape[1] != 3 or images.dtype != torch.uint8:
        raise ValueError(
            f'images must be (N, 3, H, W) uint8 RGB, got {shape} '
            f'{images.dtype}'
        )
    count, _, height, width = shape
    if not 1 <= stripes <= height or not 1 <= bins <= 256:
        raise ValueError(
            f'stripes must be in 1 .. {height}, the rows of pixels, and bins '
            f'in 1 .. 256; got {stripes} and {bins}'
        )
    stripe = torch.arange(height, device=images.device) * stripes // height
    channel = torch.arange(3, device=images.device)[:, None, None]
    level = images.long() * bins // 256
    place = (stripe[:, None] * 3 + channel) * bins + level
    counts = torch.zeros(count, stripes * 3 * bins, device=images.device)
    ones = counts.new_ones(()).expand(count, 3 * height * width)
    counts.scatter_add_(1, place.flatten(1), ones)
    pixels = torch.bincount(stripe, minlength=stripes) * width
    shares = counts.unflatten(1, (stripes, -1)) / pixels[:, None]
    return (shares / (3 * stripes)).sqrt().flatten(1)
