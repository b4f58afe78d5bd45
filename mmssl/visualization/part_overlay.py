"""Part labels over images, in colours that the colour-blind tell apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmssl.visualization.layout import (
    add_caption,
    enlarge,
    label_image,
    stack,
)

# Okabe & Ito 2008, "Color Universal Design", in an order in which neighbours
# also differ in brightness. Part 1 has the first.
PALETTE = (
    (213, 94, 0),  # vermilion
    (86, 180, 233),  # sky blue
    (240, 228, 66),  # yellow
    (0, 114, 178),  # blue
    (204, 121, 167),  # reddish purple
    (0, 158, 115),  # bluish green
    (230, 159, 0),  # orange
    (20, 20, 20),
)
BACKGROUND = (100, 100, 100)
_STRENGTH = 0.6
_BACKGROUND_SHARE = 0.35  # of the image's contrast that is left
_MIN_SIDE_PX = 128  # smaller images are enlarged
GAP = 10


def part_color(part: int) -> tuple[int, int, int]:
    """Return the colour of a part, RGB.

    Args:
        part: From 1; 0 is the background. Beyond eight they begin anew.

    Example:
        >>> part_color(0), part_color(1)
        ((100, 100, 100), (213, 94, 0))
    """
    return PALETTE[(part - 1) % len(PALETTE)] if part else BACKGROUND


def part_overlay(
    image: NDArray[np.uint8], labels: ArrayLike, strength: float = _STRENGTH
) -> NDArray[np.uint8]:
    """Tint a grey image by its parts, pale the background, draw borders.

    Args:
        image: (H, W, 3) uint8 RGB; not changed.
        labels: (h, w) integers: 0 background, 1 .. P parts. A cell is
            H / h x W / w pixels.
        strength: Share of the colour, in [0, 1].

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: Labels are no map, or negative.
    """
    cells = np.asarray(labels)
    if cells.ndim != 2 or cells.min(initial=0) < 0:
        raise ValueError(
            'labels must be a map (h, w) of numbers >= 0, got shape '
            f'{cells.shape}, least {cells.min(initial=0)}'
        )
    pixels = cells_to_pixels(cells, image.shape[:2])
    table = [part_color(p) for p in range(int(cells.max(initial=0)) + 1)]
    colors = np.array(table, np.float32)[pixels]
    share = np.where(pixels > 0, strength, 1 - _BACKGROUND_SHARE)[..., None]
    # Over grey: a yellow part of blue clothes would else look green.
    grey = image.astype(np.float32).mean(2, keepdims=True)
    picture = (1 - share) * grey + share * colors
    picture[_borders(pixels)] = 255
    return picture.round().astype(np.uint8)


def cells_to_pixels(cells: NDArray, hw: Sequence[int]) -> NDArray[np.integer]:
    """Repeat cells to the size of an image, as nearest upsampling does.

    Args:
        cells: (h, w).
        hw: H and W.

    Example:
        >>> cells_to_pixels(np.array([[1, 2]]), (1, 5))
        array([[1, 1, 1, 2, 2]])
    """
    rows = np.arange(hw[0]) * cells.shape[0] // hw[0]
    cols = np.arange(hw[1]) * cells.shape[1] // hw[1]
    return cells[rows[:, None], cols]


def part_names(num_parts: int) -> tuple[str, ...]:
    """Return what the labels are called, from the background on.

    Example:
        >>> part_names(3)
        ('background', '1 top', '2', '3 bottom')
    """
    names = ['background', *(str(part + 1) for part in range(num_parts))]
    if num_parts > 1:
        names[1] += ' top'
        names[-1] += ' bottom'
    return tuple(names)


def part_legend(
    num_parts: int, names: Sequence[str] | None = None, height: int = 20
) -> NDArray[np.uint8]:
    """Draw the colours with their names, in a row.

    Args:
        num_parts: P.
        names: P + 1 names, the background first; None: numbers.
        height: px.

    Returns:
        (height, w, 3) uint8 RGB.

    Raises:
        ValueError: Not as many names.
    """
    names = part_names(num_parts) if names is None else names
    if len(names) != num_parts + 1:
        raise ValueError(
            f'{num_parts} parts and the background need {num_parts + 1} '
            f'names, got {len(names)}'
        )
    items = []
    for part, name in enumerate(names):
        swatch = np.full((height, height, 3), 255, np.uint8)
        swatch[3:-3, 3:-3] = part_color(part)
        items += [swatch, label_image(name, height, round(0.65 * height))]
    pairs = [stack(items[i : i + 2], 1, 1) for i in range(0, len(items), 2)]
    return stack(pairs, axis=1, gap=8)


def part_panel(
    images: Sequence[NDArray[np.uint8]],
    labels: Sequence[ArrayLike],
    valid: Sequence[bool] | None = None,
    names: Sequence[str] | None = None,
    num_parts: int | None = None,
    columns: int = 4,
) -> NDArray[np.uint8]:
    """Draw images beside their part labels, with a legend.

    Args:
        images: N (H, W, 3) uint8 RGB.
        labels: N (h, w), see :func:`part_overlay`.
        valid: Whether each image's labels are used; others say so.
        names: P + 1 names; None: numbers.
        num_parts: P; None: the largest label.
        columns: Images side by side.

    Returns:
        (h', w', 3) uint8 RGB.

    Raises:
        ValueError: No image, or numbers differ.
    """
    check_same_number(images, labels=labels, valid=valid)
    tiles = []
    for n, (image, cells) in enumerate(zip(images, labels)):
        used = valid is None or bool(valid[n])
        overlay = part_overlay(image, cells) if used else image
        pair = stack([tile(image), tile(overlay)], axis=1, gap=2)
        caption = f'{n}: parts' if used else f'{n}: no parts (not valid)'
        tiles.append(add_caption(pair, caption))
    if num_parts is None:
        num_parts = max(int(np.max(cells)) for cells in labels)
    legend = part_legend(num_parts, names)
    return stack([legend, grid(tiles, columns)], axis=0)


def check_same_number(images: Sequence, **others: Sequence | None) -> None:
    """Refuse no images, and not as many of something else.

    Raises:
        ValueError: As said.
    """
    if not len(images):
        raise ValueError('a picture needs at least one image, got none')
    for name, values in others.items():
        if values is not None and len(values) != len(images):
            raise ValueError(f'{len(images)} images, but {len(values)} {name}')


def tile(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Enlarge a small image by a whole factor.

    Args:
        image: (H, W, 3) uint8.
    """
    side = min(image.shape[:2])
    return enlarge(image, max(1, -(-_MIN_SIDE_PX // side)))


def grid(
    tiles: Sequence[NDArray[np.uint8]], columns: int
) -> NDArray[np.uint8]:
    """Put tiles into rows.

    Args:
        tiles: (h, w, 3) uint8 each.
        columns: Of a row.
    """
    rows = [
        stack(tiles[start : start + columns], axis=1, gap=GAP)
        for start in range(0, len(tiles), columns)
    ]
    return stack(rows, axis=0, gap=GAP)


def _borders(pixels: NDArray) -> NDArray[np.bool_]:
    """Return the pixels next to another label below or to the right."""
    found = np.zeros(pixels.shape, bool)
    found[:-1] |= pixels[:-1] != pixels[1:]
    found[:, :-1] |= pixels[:, :-1] != pixels[:, 1:]
    return found
