"""Semi-automatic masks: what moves together with a point is one object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmssl.apis.motion_propagator import MotionPropagator
from mmssl.apis.user_images import UserImage, as_rgb
from mmssl.apis.working_size import checked_arrows, resize_map
from mmssl.datasets.transforms.geometry import resize_image

# Right, left, down, up.
_DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1))
# Side of the window where the config does not say it: the published one.
_WINDOW_PX = 384


@dataclass(frozen=True)
class Segmentation:
    """What :func:`segment` found.

    Attributes:
        mask: (H, W) bool, the object.
        score: (H, W) float32 in [0, 1], how much a pixel moved with the
            positive points; 0 outside the window.
        window: x, y and side of the square that the network saw, px of the
            image; None: the whole image.
    """

    mask: NDArray[np.bool_]
    score: NDArray[np.float32]
    window: tuple[int, int, int] | None


def segment(
    propagator: MotionPropagator,
    image: UserImage,
    positive: ArrayLike,
    negative: ArrayLike = (),
    *,
    velocity: float = 30.0,
    threshold: float = 0.5,
    zoom: float | None = 4.0,
) -> Segmentation:
    """Segment an object from points on it, and beside it.

    The network is asked four times, with the positive points moving right,
    left, down and up, and the negative ones at rest. The score of a pixel is
    the mean over the four answers and both components of ``|flow|``, divided
    by its maximum; the mask is where it exceeds the threshold.

    With two points or more, the network sees a square around them: its side
    is ``zoom`` times the larger extent of all points, at most the width of
    the image (then it sees the whole image).

    Source: Zhan et al. 2019 (CMP), the published annotation demo, with the
    numbers of its cell as defaults.
    Deviates: the whole image is seen at the scale of the config's validation
    (published: cut to 384 x 384 px); where nothing moves the score is 0
    (published: divides by zero); points in one place leave the image whole
    (published: an empty window).

    Args:
        propagator: The network.
        image: See :meth:`MotionPropagator.predict`.
        positive: (x, y) of points on the object, px of the image; at least
            one.
        negative: (x, y) of points beside it.
        velocity: Length of the probes, px of the network.
        threshold: On the score, in [0, 1).
        zoom: Side of the window over the extent of the points; None or -1
            shows the whole image.

    Returns:
        Mask, score and window.

    Raises:
        ValueError: No positive point, a point outside the image, or a number
            out of its range; or as :meth:`MotionPropagator.predict`.
    """
    _check_numbers(velocity, threshold, zoom)
    picture = as_rgb(image)
    moving = _checked_points(positive, picture, 'positive')
    still = _checked_points(negative, picture, 'negative')
    if not len(moving):
        raise ValueError('segment needs at least one positive point, got none')
    window = zoom_window(
        np.concatenate([moving, still]), picture.shape[1], zoom
    )
    if window is None:
        score = _score_of_image(propagator, picture, moving, still, velocity)
    else:
        score = _score_of_window(
            propagator, picture, moving, still, velocity, window
        )
    return Segmentation(score > threshold, score, window)


def zoom_window(
    points: NDArray[np.float64], width: int, zoom: float | None = 4.0
) -> tuple[int, int, int] | None:
    """Choose the square around points.

    Args:
        points: (K, 2), (x, y) px.
        width: Of the image, px.
        zoom: Its side over the larger extent of the points.

    Returns:
        x, y and (even) side, which may exceed the image; None: the whole
        image.

    Example:
        >>> zoom_window(np.array([[40.0, 60.0], [60.0, 75.0]]), 320)
        (10, 27, 80)
    """
    if zoom is None or zoom == -1 or len(points) < 2:
        return None
    low, high = points.min(0), points.max(0)
    side = min(int(zoom * (high - low).max()), width)
    side -= side % 2 if side < width else 0
    if side == width or side < 2:
        return None
    x, y = (int(c) - side // 2 for c in np.floor((low + high) / 2))
    return x, y, side


def probe_score(flows: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    """Return the mean |flow| over probes and components, over its maximum.

    Args:
        flows: (H, W, 2) each.

    Returns:
        (H, W) float32 in [0, 1]; zero if nothing moves.

    Example:
        >>> probe_score([np.array([[[2.0, 0.0], [-1.0, 0.0]]])])
        array([[1. , 0.5]], dtype=float32)
    """
    score = np.abs(np.stack(flows)).mean(axis=(0, 3))
    top = score.max(initial=0.0)
    return (score / top if top > 0 else score).astype(np.float32)


def _score_of_image(
    propagator: MotionPropagator,
    image: NDArray[np.uint8],
    moving: NDArray,
    still: NDArray,
    velocity: float,
) -> NDArray[np.float32]:
    """Probe the whole image, and bring the score to its size."""
    size = propagator.size_of((image.shape[0], image.shape[1]))
    scale = size.scale
    seen = image
    if size.resized_hw != size.image_hw:
        seen = resize_image(image, size.resized_hw)
    score = _probe(
        propagator,
        seen,
        (np.floor(moving) + 0.5) * scale,
        (np.floor(still) + 0.5) * scale,
        velocity,
    )
    if size.resized_hw != size.image_hw:
        score = resize_map(score[..., None], size.image_hw)[..., 0]
    return score


def _score_of_window(
    propagator: MotionPropagator,
    image: NDArray[np.uint8],
    moving: NDArray,
    still: NDArray,
    velocity: float,
    window: tuple[int, int, int],
) -> NDArray[np.float32]:
    """Probe a square, black where it exceeds the image; paste its score."""
    x, y, side = window
    seen_px = propagator.crop_size or propagator.short_size or _WINDOW_PX
    height, width = image.shape[:2]
    rows = slice(max(y, 0), min(y + side, height))
    cols = slice(max(x, 0), min(x + side, width))
    within = (
        slice(rows.start - y, rows.stop - y),
        slice(cols.start - x, cols.stop - x),
    )
    square = np.zeros((side, side, 3), np.uint8)
    square[within] = image[rows, cols]
    scale, corner = seen_px / side, np.array([x, y])
    score = _probe(
        propagator,
        resize_image(square, (seen_px, seen_px)),
        (moving - corner) * scale,
        (still - corner) * scale,
        velocity,
    )
    pasted = np.zeros((height, width), np.float32)
    pasted[rows, cols] = resize_map(score[..., None], (side, side))[within][
        ..., 0
    ]
    return pasted


def _probe(
    propagator: MotionPropagator,
    image: NDArray[np.uint8],
    moving: NDArray,
    still: NDArray,
    velocity: float,
) -> NDArray[np.float32]:
    """Ask in four directions; points and image are the network's."""
    limit = np.array(image.shape[1::-1]) - 1e-6
    points = np.concatenate([moving, still]).clip(0, limit)
    probes = []
    for direction in _DIRECTIONS:
        vectors = np.zeros_like(points)
        vectors[: len(moving)] = velocity * np.array(direction)
        probes.append(np.concatenate([points, vectors], axis=1))
    flows = propagator.predict([image] * len(probes), probes, resize=False)
    return probe_score(list(flows))


def _checked_points(
    points: ArrayLike, image: NDArray[np.uint8], name: str
) -> NDArray[np.float64]:
    """Return (K, 2) points, or say what is wrong with them."""
    table = np.asarray(points, dtype=np.float64)
    if table.size == 0:
        return np.empty((0, 2))
    if table.ndim != 2 or table.shape[1] != 2:
        raise ValueError(
            f'{name} points must be a list of (x, y), got the shape '
            f'{table.shape}'
        )
    checked_arrows(
        np.concatenate([table, np.zeros_like(table)], axis=1),
        (image.shape[0], image.shape[1]),
        f'{name} point',
    )
    return table


def _check_numbers(
    velocity: float, threshold: float, zoom: float | None
) -> None:
    """Refuse numbers out of their range."""
    if not velocity > 0:
        raise ValueError(f'velocity must be positive, got {velocity}')
    if not 0 <= threshold < 1:
        raise ValueError(f'threshold must be in [0, 1), got {threshold}')
    if zoom is not None and zoom != -1 and not zoom > 0:
        raise ValueError(
            f'zoom must be positive, or None for the whole image, got {zoom}'
        )
