"""Views of one image side by side, matching boxes in matching colours."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmssl.visualization.layout import add_caption, enlarge, stack

# Views are enlarged by a whole factor, so that boxes and numbers are clear.
_MIN_TILE_PX = 320
_OUTLINE = (20, 20, 20)
_SHIFT = 4  # OpenCV draws at 1 / 2**4 px
# Steps of the golden section keep neighbouring hues far apart.
_GOLDEN = 0.61803398875


def box_pairs_panel(
    views: Sequence[NDArray[np.uint8]],
    boxes: ArrayLike | None = None,
    box_views: ArrayLike | None = None,
    geometry: ArrayLike | None = None,
    title: str = '',
) -> NDArray[np.uint8]:
    """Draw V views side by side with the boxes that they share.

    Pair m has colour m in both of its views, and its number.

    Source: Roh et al. 2021 (SCRL), arXiv:2103.06122, figure A3.

    Args:
        views: V (h, w, 3) uint8 RGB.
        boxes: (M, 2, 4) x1, y1, x2, y2 in px of each of two views; None:
            this data has no boxes, and captions do not count them.
        box_views: (M, 2) which views these are.
        geometry: (V, 5) y, x, h, w, flipped of each view, for the captions.
        title: First words of the first caption.

    Returns:
        (h, w, 3) uint8 RGB.

    Raises:
        ValueError: No view, or not as many ``boxes`` as ``box_views``.
    """
    counted = boxes is not None
    boxes = _array(boxes, float).reshape(-1, 2, 4)
    box_views = _array(box_views, int).reshape(-1, 2)
    if len(boxes) != len(box_views):
        raise ValueError(
            'each pair of boxes needs its two views, got '
            f'{len(boxes)} boxes and {len(box_views)} box_views'
        )
    records = None if geometry is None else np.asarray(geometry)
    tiles = []
    for v, view in enumerate(views):
        pairs, side = np.nonzero(box_views == v)
        text = view_caption(v, None if records is None else records[v])
        if counted:
            text += f', {len(pairs)} box' + 'es' * (len(pairs) != 1)
        drawn = draw_boxes(view, boxes[pairs, side], pairs.tolist())
        tiles.append(add_caption(drawn, (title + ' ' + text).strip()))
        title = ''
    return stack(tiles, axis=1)


def draw_boxes(
    view: NDArray[np.uint8], boxes: ArrayLike, numbers: Sequence[int]
) -> NDArray[np.uint8]:
    """Draw numbered boxes on a view, enlarged if it is small.

    Args:
        view: (h, w, 3) uint8 RGB; not changed.
        boxes: (K, 4) x1, y1, x2, y2 px.
        numbers: K numbers >= 0, which choose the colours.

    Returns:
        (f h, f w, 3) uint8 RGB; f is a whole number.
    """
    factor = max(1, -(-_MIN_TILE_PX // min(view.shape[:2])))
    canvas = np.ascontiguousarray(enlarge(view, factor))
    # Edges of pixels to centres of pixels.
    corners = np.asarray(boxes, float).reshape(-1, 4) * factor - 0.5
    # Large boxes first: small ones stay on top.
    area = (corners[:, 2:] - corners[:, :2]).prod(1)
    for k in np.argsort(-area, kind='stable'):
        _draw_box(canvas, corners[k], int(numbers[k]))
    return canvas


def box_color(number: int) -> tuple[int, int, int]:
    """Return the colour of a pair, RGB.

    Args:
        number: Which pair, from 0.

    Example:
        >>> box_color(0), box_color(1)
        ((255, 38, 38), (38, 101, 255))
    """
    hue = number * _GOLDEN % 1
    value = 1.0 if number // 5 % 2 == 0 else 0.75
    red, green, blue = colorsys.hsv_to_rgb(hue, 0.85, value)
    return round(255 * red), round(255 * green), round(255 * blue)


def view_caption(number: int, record: ArrayLike | None) -> str:
    """Say what a view shows.

    Args:
        number: Which view, from 0.
        record: (5,) y, x, h, w, flipped; None: unknown.

    Example:
        >>> view_caption(0, [3, 4, 120, 150.5, 1])
        'view 0: 120 x 150 px at (3, 4), mirrored'
    """
    if record is None:
        return f'view {number}'
    y, x, h, w, flipped = np.asarray(record, float)
    text = f'view {number}: {h:.0f} x {w:.0f} px at ({y:.0f}, {x:.0f})'
    return text + ', mirrored' * bool(flipped)


def _array(values: ArrayLike | None, dtype: type) -> NDArray:
    return np.asarray([] if values is None else values, dtype)


def _draw_box(
    canvas: NDArray[np.uint8], corners: NDArray, number: int
) -> None:
    """Draw one box with a dark outline and its number, in place."""
    color = box_color(number)
    x1, y1, x2, y2 = (round(float(value) * 2**_SHIFT) for value in corners)
    for width, ink in ((4, _OUTLINE), (2, color)):
        cv2.rectangle(
            canvas, (x1, y1), (x2, y2), ink, width, cv2.LINE_AA, _SHIFT
        )
    _draw_number(canvas, (x1, y1), number, color)


def _draw_number(
    canvas: NDArray[np.uint8],
    corner: tuple[int, ...],
    number: int,
    color: tuple[int, int, int],
) -> None:
    """Write a number on a patch of its colour, inside the box's corner."""
    text, font, scale = str(number), cv2.FONT_HERSHEY_SIMPLEX, 0.45
    (width, height), _ = cv2.getTextSize(text, font, scale, 1)
    left, top = (max(0, value >> _SHIFT) for value in corner)
    right, bottom = left + width + 6, top + height + 7
    cv2.rectangle(canvas, (left, top), (right, bottom), color, -1)
    # Perceived brightness decides what can be read on it.
    bright = np.dot(color, (0.299, 0.587, 0.114)) > 140
    ink = _OUTLINE if bright else (255, 255, 255)
    place = (left + 3, bottom - 4)
    cv2.putText(canvas, text, place, font, scale, ink, 1, cv2.LINE_AA)
