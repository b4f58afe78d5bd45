"""What a student sees when a part is cut out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmssl.visualization.layout import add_caption, stack
from mmssl.visualization.part_overlay import (
    cells_to_pixels,
    check_same_number,
    grid,
    tile,
)

# 0 after normalisation by ImageNet's mean.
MEAN = (123.675, 116.28, 103.53)


def masked_input(
    image: NDArray[np.uint8],
    labels: ArrayLike,
    part: int,
    fill: Sequence[float] = MEAN,
) -> NDArray[np.uint8]:
    """Cut a part out of an image.

    Args:
        image: (H, W, 3) uint8 RGB; not changed.
        labels: (h, w) integers; a cell is H / h x W / w pixels.
        part: The label that goes.
        fill: RGB in 0 .. 255: the mean that images are normalised by.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    pixels = cells_to_pixels(np.asarray(labels), image.shape[:2])
    picture = image.copy()
    picture[pixels == part] = np.round(fill).astype(np.uint8)
    return picture


def masked_panel(
    images: Sequence[NDArray[np.uint8]],
    labels: Sequence[ArrayLike],
    parts: Sequence[int],
    valid: Sequence[bool] | None = None,
    fill: Sequence[float] = MEAN,
    columns: int = 4,
) -> NDArray[np.uint8]:
    """Draw images beside their copies without a part.

    Args:
        images: N (H, W, 3) uint8 RGB.
        labels: N (h, w).
        parts: The label that each loses.
        valid: Whether each image's labels are used; of others there is no
            copy.
        fill: See :func:`masked_input`.
        columns: Images side by side.

    Returns:
        (h', w', 3) uint8 RGB.

    Raises:
        ValueError: No image, or numbers differ.
    """
    check_same_number(images, labels=labels, parts=parts, valid=valid)
    tiles = []
    for n, (image, cells, part) in enumerate(zip(images, labels, parts)):
        used = valid is None or bool(valid[n])
        copy = masked_input(image, cells, part, fill) if used else None
        shown = np.full_like(image, 255) if copy is None else copy
        pair = stack([tile(image), tile(shown)], axis=1, gap=2)
        text = f'{n}: without part {part}' if used else f'{n}: no copy'
        tiles.append(add_caption(pair, text))
    return grid(tiles, columns)
