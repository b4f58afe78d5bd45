"""Forward warping: each pixel of an image is moved along its flow.

Where several land in one place, the faster is in front: what moves covers
what rests. Where none lands is a hole, see :mod:`mmssl.flow.hole_filling`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_OUTSIDE = ('clamp', 'drop')


def splat_nearest(
    image: NDArray[Any], flow: NDArray[Any], outside: str = 'drop'
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Move each pixel to one pixel, as the published code does.

    target = source + flow, cut towards zero; pixels are written in the order
    of ``|flow|^2``, so that the fastest stays.

    Source: Zhan et al. 2019 (CMP), ``models/modules/warp.py``, forward warp.
    Deviates: pixels that leave the image are dropped (``outside='drop'``);
        published, they are put on its border, where they hide what is there.

    Args:
        image: (H, W, C).
        flow: (H, W, 2), (u right, v down) px.
        outside: ``'drop'`` or ``'clamp'`` (published).

    Returns:
        The warped image, zero in holes; and the holes, (H, W) bool.

    Raises:
        ValueError: Sizes differ, or another value of ``outside``.

    Example:
        >>> image = np.array([[[1], [2], [3]]])
        >>> right = np.array([[[1.9, 0.0], [0.0, 0.0], [0.0, 0.0]]])
        >>> warped, hole = splat_nearest(image, right)
        >>> warped[..., 0].tolist(), hole.tolist()
        ([[0, 1, 3]], [[True, False, False]])
    """
    if outside not in _OUTSIDE:
        raise ValueError(
            f'outside must be one of {list(_OUTSIDE)}, got {outside!r}'
        )
    height, width = _checked_size(image, flow)
    step = np.trunc(flow).astype(np.int64)
    rows = np.arange(height)[:, None] + step[..., 1]
    cols = np.arange(width) + step[..., 0]
    inside = (rows >= 0) & (rows < height) & (cols >= 0) & (cols < width)
    if outside == 'clamp':
        inside[:] = True
        rows, cols = rows.clip(0, height - 1), cols.clip(0, width - 1)
    speed = np.square(flow.astype(np.float64)).sum(-1)
    order = np.argsort(speed[inside], kind='stable')
    target = (rows * width + cols)[inside][order]
    # Of equal places the last one written stays.
    winner = np.full(height * width, -1, np.int64)
    winner[target] = np.flatnonzero(inside.ravel())[order]
    warped = image.reshape(height * width, -1)[winner.clip(0)]
    hole = winner < 0
    warped[hole] = 0
    return warped.reshape(image.shape), hole.reshape(height, width)


def splat_weighted(
    image: NDArray[Any], flow: NDArray[Any], sharpness: float = 20.0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Move each pixel to the four around its target, and average there.

    sum_p w_p exp(z_p) image_p / sum_p w_p exp(z_p), with the bilinear weights
    w and z = sharpness |flow| / max(1, max |flow|): motion below a pixel is
    kept, and the faster still is in front.

    Source: the weighting is that of softmax splatting (Niklaus and Liu 2020,
    arXiv:2003.05534) with the speed in place of the depth.

    Args:
        image: (H, W, C).
        flow: (H, W, 2), (u right, v down) px.
        sharpness: How much the fastest outweighs what rests, as a power of
            e; 0 averages.

    Returns:
        The warped image, float, zero where nothing landed; and how much
        landed, sum_p w_p, (H, W).

    Raises:
        ValueError: Sizes differ.

    Example:
        >>> image = np.array([[[10], [20], [30]]])
        >>> half = np.full((1, 3, 2), [0.5, 0.0])
        >>> warped, coverage = splat_weighted(image, half)
        >>> warped[..., 0].tolist(), coverage.tolist()
        ([[10.0, 15.0, 25.0]], [[0.5, 1.0, 1.0]])
    """
    height, width = _checked_size(image, flow)
    flow = flow.astype(np.float64)
    speed = np.hypot(flow[..., 0], flow[..., 1]).ravel()
    top = float(speed.max(initial=0.0))
    importance = np.exp(sharpness * (speed - top) / max(1.0, top))
    target, weight, source = _bilinear_targets(flow)
    cells = height * width
    coverage: NDArray[Any] = np.bincount(target, weight, cells)
    weight = weight * importance[source]
    total = np.bincount(target, weight, cells)
    pixels = image.reshape(cells, -1).astype(np.float64)
    sums = [
        np.bincount(target, weight * channel[source], cells)
        for channel in pixels.T
    ]
    landed = np.where(total > 0, total, 1.0)
    warped = np.stack([channel / landed for channel in sums], axis=-1)
    return warped.reshape(image.shape), coverage.reshape(height, width)


def _bilinear_targets(
    flow: NDArray[Any],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return target cells, their weights and the pixels they come from."""
    height, width = flow.shape[:2]
    x = np.arange(width) + flow[..., 0]
    y = np.arange(height)[:, None] + flow[..., 1]
    left, top = np.floor(x), np.floor(y)
    targets, weights, sources = [], [], []
    for down in (0, 1):
        for right in (0, 1):
            rows, cols = top + down, left + right
            weight = (1 - np.abs(y - rows)) * (1 - np.abs(x - cols))
            kept = (rows >= 0) & (rows < height) & (weight > 0)
            kept &= (cols >= 0) & (cols < width)
            targets.append((rows * width + cols)[kept].astype(np.int64))
            weights.append(weight[kept])
            sources.append(np.flatnonzero(kept.ravel()))
    return (
        np.concatenate(targets),
        np.concatenate(weights),
        np.concatenate(sources),
    )


def _checked_size(image: NDArray, flow: NDArray) -> tuple[int, int]:
    """Return height and width of both."""
    if image.ndim != 3 or flow.shape != (*image.shape[:2], 2):
        raise ValueError(
            'an image (H, W, C) needs flow (H, W, 2), got '
            f'{image.shape} and {flow.shape}'
        )
    return image.shape[0], image.shape[1]
