"""Views of several sizes of one image, and where in it they lie."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmssl.visualization.box_pairs import box_color
from mmssl.visualization.layout import (
    add_caption,
    enlarge,
    stack,
    text_line,
)

_MIN_SIDE_PX = 128  # of the largest views
_GAP = 6
_EDGE = 3


def multi_crop_panel(
    views: Sequence[NDArray[np.uint8]],
    geometry: ArrayLike | None = None,
    image_hw: Sequence[int] | None = None,
    title: str = '',
) -> NDArray[np.uint8]:
    """Draw views of several sizes, all enlarged by one factor.

    Large views stand in the first row, smaller ones below. Each has a colour
    and a number; in the last picture of the first row a frame of that colour
    shows where it lies in the image.

    Args:
        views: V (h, w, 3) uint8 RGB.
        geometry: (V, 5) y, x, h, w, flipped of each; None: unknown.
        image_hw: Height and width of the image; None: unknown.
        title: A line above.

    Returns:
        (h', w', 3) uint8 RGB.

    Raises:
        ValueError: No view, or not as many records.
    """
    if not views:
        raise ValueError('a picture needs at least one view, got none')
    records = None if geometry is None else np.asarray(geometry, float)
    if records is not None and len(records) != len(views):
        raise ValueError(
            f'{len(views)} views, but {len(records)} records of geometry'
        )
    largest = max(views, key=lambda view: view.shape[0] * view.shape[1])
    factor = max(1, -(-_MIN_SIDE_PX // min(largest.shape[:2])))
    tiles = [
        _tile(view, n, factor, records, image_hw)
        for n, view in enumerate(views)
    ]
    first = [n for n, v in enumerate(views) if v.shape == largest.shape]
    top = [tiles[n] for n in first]
    if records is not None and image_hw is not None:
        height = factor * largest.shape[0]
        top.append(_whereabouts(records, image_hw, height))
    rows = [stack(top, axis=1, gap=_GAP)]
    rows += _rows(
        [t for n, t in enumerate(tiles) if n not in first], rows[0].shape[1]
    )
    if title:
        rows.insert(0, text_line(title, max(row.shape[1] for row in rows)))
    return stack(rows, axis=0, gap=_GAP)


def crop_caption(
    number: int, record: ArrayLike | None, image_hw: Sequence[int] | None
) -> str:
    """Say what a view shows, in few words.

    Args:
        number: Which view, from 0.
        record: (5,) y, x, h, w, flipped; None: unknown.
        image_hw: Of the image; None: unknown.

    Example:
        >>> crop_caption(3, [0, 0, 50, 20, 1], (100, 40))
        '3: 25 % flip'
    """
    if record is None:
        return str(number)
    _, _, h, w, flipped = np.asarray(record, float)
    words = [f'{h:.0f}x{w:.0f} px']
    if image_hw is not None:
        words = [f'{100 * h * w / (image_hw[0] * image_hw[1]):.0f} %']
    return f'{number}: ' + ' '.join(words + ['flip'] * bool(flipped))


def _tile(
    view: NDArray[np.uint8],
    number: int,
    factor: int,
    records: NDArray | None,
    image_hw: Sequence[int] | None,
) -> NDArray[np.uint8]:
    """Draw a view with its colour around it and its caption."""
    large = enlarge(view, factor)
    h, w = large.shape[:2]
    framed = np.empty((h + 2 * _EDGE, w + 2 * _EDGE, 3), np.uint8)
    framed[:] = box_color(number)
    framed[_EDGE:-_EDGE, _EDGE:-_EDGE] = large
    record = None if records is None else records[number]
    return add_caption(framed, crop_caption(number, record, image_hw))


def _whereabouts(
    records: NDArray, image_hw: Sequence[int], height: int
) -> NDArray[np.uint8]:
    """Draw the frames of all views in a white image."""
    scale = height / image_hw[0]
    width = max(1, round(scale * image_hw[1]))
    canvas = np.full((height, width, 3), 255, np.uint8)
    places = (records[:, :4] * scale).round().astype(int).tolist()
    for number, (y, x, h, w) in enumerate(places):
        far = (min(x + w, width) - 1, min(y + h, height) - 1)
        cv2.rectangle(canvas, (x, y), far, box_color(number), 2)
    for number, (y, x, _, _) in enumerate(places):
        below = (x + 4 + 10 * (number % 6), y + 13)
        font = cv2.FONT_HERSHEY_SIMPLEX
        cv2.putText(
            canvas, str(number), below, font, 0.4, box_color(number), 1
        )
    return add_caption(canvas, 'where')


def _rows(
    tiles: Sequence[NDArray[np.uint8]], width: int
) -> list[NDArray[np.uint8]]:
    """Put tiles into rows, no wider than a width if one fits."""
    rows: list[list[NDArray[np.uint8]]] = []
    used = 0
    for one in tiles:
        if not rows or used + _GAP + one.shape[1] > width:
            rows.append([])
            used = -_GAP
        rows[-1].append(one)
        used += _GAP + one.shape[1]
    return [stack(row, axis=1, gap=_GAP) for row in rows]
