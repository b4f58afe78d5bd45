"""A mask on its image, with the points it came from."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmssl.visualization.guidance import draw_guidance

_GREEN = (40, 200, 90)
_BLUE = (60, 110, 255)
_TINT = 0.45


def draw_mask(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    positive: ArrayLike = (),
    negative: ArrayLike = (),
) -> NDArray[np.uint8]:
    """Tint a mask and draw its outline and points.

    Args:
        image: (H, W, 3) uint8 RGB; not changed.
        mask: (H, W) bool.
        positive: (x, y) px each: blue dots.
        negative: (x, y) px each: red crosses.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: Sizes differ.
    """
    if mask.shape != image.shape[:2]:
        raise ValueError(
            f'a mask {mask.shape} does not fit an image {image.shape}'
        )
    picture = image.astype(np.float32)
    green = np.array(_GREEN, np.float32)
    picture[mask] = (1 - _TINT) * picture[mask] + _TINT * green
    padded = np.pad(mask, 1)
    core = padded[:-2, 1:-1] & padded[2:, 1:-1]
    core &= padded[1:-1, :-2] & padded[1:-1, 2:]
    picture[mask & ~core] = green
    still = np.asarray(negative, dtype=float).reshape(-1, 2)
    canvas = draw_guidance(
        picture.astype(np.uint8), still[:, ::-1], np.zeros_like(still)
    )
    radius = max(2, min(mask.shape) // 80)
    rows, cols = np.mgrid[: mask.shape[0], : mask.shape[1]]
    for x, y in np.asarray(positive, dtype=float).reshape(-1, 2):
        distance = np.hypot(rows - y, cols - x)
        canvas[distance <= radius + 1] = 255
        canvas[distance <= radius] = _BLUE
    return canvas
