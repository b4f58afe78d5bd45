"""Guidance drawn on an image: arrows, dots where it is slow, crosses at rest.

Points are (row, col), vectors (u right, v down) in px, images RGB uint8.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmssl.visualization.flow_color import MIN_RADIUS_PX, flow_to_rgb

# Shorter vectors count as "rests here" and are drawn as a cross.
_STILL_PX = 0.5
_STILL_COLOR = (235, 40, 40)
_OUTLINE = (20, 20, 20)
# Length of the smallest arrow head, on an image of 256 px.
_HEAD_PX = 6.0
# OpenCV draws at 1/16 px when coordinates are shifted by this many bits.
_SHIFT = 4


def arrow_gain(vectors: ArrayLike, image_side: int) -> int:
    """Choose the whole factor that makes arrows of a few pixels visible.

    The longest arrow becomes at most 12 % of the side, no factor is above 8.

    Args:
        vectors: (K, 2) px.
        image_side: Shorter side of the image, px.

    Returns:
        Factor, 1..8.

    Example:
        >>> arrow_gain([[3.0, 4.0], [1.0, 0.0]], 256)
        6
    """
    lengths = np.hypot(*np.asarray(vectors, dtype=float).reshape(-1, 2).T)
    longest = max(float(lengths.max(initial=0.0)), _STILL_PX)
    return int(np.clip(0.12 * image_side / longest, 1, 8))


def draw_guidance(
    image: NDArray[np.uint8],
    points: ArrayLike,
    vectors: ArrayLike,
    gain: float = 1.0,
    radius: float | None = None,
) -> NDArray[np.uint8]:
    """Draw guidance vectors on an image.

    A vector of at least half a pixel is an arrow from its point, in its
    colour on the Middlebury wheel (a dot, if the arrow would be no longer
    than its head); a shorter vector is a red cross.

    Args:
        image: (H, W, 3) uint8 RGB; not changed.
        points: (K, 2), (row, col).
        vectors: (K, 2), (u, v) px.
        gain: Factor on the length of the arrows, see :func:`arrow_gain`.
        radius: Speed of full saturation, px; None: the longest vector.

    Returns:
        (H, W, 3) uint8 RGB copy.

    Raises:
        ValueError: Not as many vectors as points.
    """
    canvas = np.ascontiguousarray(image).copy()
    points = np.asarray(points, dtype=float).reshape(-1, 2)
    vectors = np.asarray(vectors, dtype=float).reshape(-1, 2)
    if len(points) != len(vectors):
        raise ValueError(
            'each guidance point needs one vector, '
            f'got {len(points)} points and {len(vectors)} vectors'
        )
    lengths = np.hypot(*vectors.T)
    if radius is None:
        radius = max(float(lengths.max(initial=0.0)), _STILL_PX)
    size = max(1.0, min(canvas.shape[:2]) / 256)
    # Long arrows last: they carry more.
    for k in np.argsort(lengths, kind='stable'):
        start = points[k, ::-1]
        if lengths[k] < _STILL_PX:
            _draw_cross(canvas, start, size)
        elif gain * lengths[k] < _HEAD_PX * size:
            color = flow_to_rgb(vectors[k].reshape(1, 1, 2), radius)[0, 0]
            _draw_dot(canvas, start, tuple(color.tolist()), 1.5 * size)
        else:
            color = _arrow_color(vectors[k], radius)
            _draw_arrow(canvas, start, gain * vectors[k], color, size)
    return canvas


def draw_guidance_map(
    points: ArrayLike,
    vectors: ArrayLike,
    shape_hw: tuple[int, int],
    radius: float = MIN_RADIUS_PX,
) -> NDArray[np.uint8]:
    """Draw the sparse flow the network gets, each point as a coloured dot.

    Args:
        points: (K, 2), (row, col).
        vectors: (K, 2), (u, v) px.
        shape_hw: Height and width, px.
        radius: Speed of full saturation, px.

    Returns:
        (H, W, 3) uint8 RGB, dark where there is no guidance; a resting point
        is a white dot.
    """
    canvas = np.full((*shape_hw, 3), 40, dtype=np.uint8)
    points = np.asarray(points, dtype=float).reshape(-1, 2)
    vectors = np.asarray(vectors, dtype=np.float32).reshape(-1, 2)
    dot = max(1.0, min(shape_hw) / 64)
    if len(vectors):
        colors = flow_to_rgb(vectors[:, None], radius)[:, 0].tolist()
    for k in range(len(points)):
        centre = _fixed(points[k, ::-1])
        cv2.circle(
            canvas, centre, _scaled(dot), colors[k], -1, cv2.LINE_AA, _SHIFT
        )
    return canvas


def _arrow_color(vector: NDArray, radius: float) -> tuple[int, ...]:
    """Return the wheel's colour of a vector, never too pale to see."""
    speed = np.hypot(*vector)
    at_least = max(speed, 0.6 * radius)
    flow = (vector / speed * min(at_least, radius)).reshape(1, 1, 2)
    return tuple(flow_to_rgb(flow, radius)[0, 0].tolist())


def _draw_arrow(
    canvas: NDArray[np.uint8],
    start: NDArray,
    vector: NDArray,
    color: tuple[int, ...],
    size: float,
) -> None:
    """Draw one arrow with a dark outline, in place."""
    length = np.hypot(*vector)
    along = vector / length
    across = np.array([-along[1], along[0]])
    head = min(max(_HEAD_PX * size, 0.3 * length), 14.0 * size)
    tip = start + vector
    neck = tip - head * along
    barbs = [neck + 0.45 * head * across, neck - 0.45 * head * across]
    triangle = np.array([_fixed(p) for p in (tip, *barbs)], dtype=np.int32)
    thin = max(1, round(1.6 * size))
    # A shaft shorter than its head is only a head.
    shaft = (_fixed(start), _fixed(neck)) if length > head else None
    for outline, ink in ((True, _OUTLINE), (False, color)):
        width = thin + (2 * max(1, round(size)) if outline else 0)
        if shaft:
            cv2.line(canvas, *shaft, ink, width, cv2.LINE_AA, _SHIFT)
        if outline:
            cv2.polylines(
                canvas, [triangle], True, ink, width, cv2.LINE_AA, _SHIFT
            )
        cv2.fillPoly(canvas, [triangle], ink, cv2.LINE_AA, _SHIFT)
    _draw_dot(canvas, start, color, size)


def _draw_dot(
    canvas: NDArray[np.uint8],
    centre: NDArray,
    color: tuple[int, ...],
    size: float,
) -> None:
    """Draw one dot with a dark outline, in place."""
    for radius, ink in ((2.6, _OUTLINE), (1.6, color)):
        cv2.circle(
            canvas,
            _fixed(centre),
            _scaled(radius * size),
            ink,
            -1,
            cv2.LINE_AA,
            _SHIFT,
        )


def _draw_cross(
    canvas: NDArray[np.uint8], centre: NDArray, size: float
) -> None:
    """Draw one diagonal cross with a light outline, in place."""
    arm = 4.0 * size
    thin = max(1, round(1.6 * size))
    for width, ink in ((thin + 2, (255, 255, 255)), (thin, _STILL_COLOR)):
        for slope in (1, -1):
            reach = np.array([arm, slope * arm])
            cv2.line(
                canvas,
                _fixed(centre - reach),
                _fixed(centre + reach),
                ink,
                width,
                cv2.LINE_AA,
                _SHIFT,
            )


def _fixed(xy: NDArray) -> tuple[int, int]:
    """Return a point in OpenCV's fixed-point coordinates."""
    x, y = (round(float(c) * 2**_SHIFT) for c in xy)
    return x, y


def _scaled(length: float) -> int:
    """Return a length in OpenCV's fixed-point units."""
    return max(1, round(length * 2**_SHIFT))
