"""What guidance sampling accepts, and what it says otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

STRATEGIES = (
    'full',
    'gradnms',
    'grid',
    'single',
    'specified',
    'uniform',
    'watershed',
)


def check_guidance_options(
    strategies: Sequence[str],
    bg_ratio: float,
    nms_size: int,
    max_points: int,
) -> None:
    """Raise ValueError or TypeError on options that make no sense.

    Args:
        strategies: See :func:`sample_guidance`, as all others.
        bg_ratio: In (0, 1].
        nms_size: Odd, at least 1.
        max_points: At least 0, or -1.

    Raises:
        TypeError: A bare string, or a number that is no integer.
        ValueError: Anything else that is wrong.
    """
    if isinstance(strategies, str):
        raise TypeError(
            f'strategies must be a list of names, got the string '
            f'{strategies!r}; write [{strategies!r}]'
        )
    valid = ', '.join(STRATEGIES)
    if not len(strategies):
        raise ValueError(f'strategies is empty; name one or more of {valid}')
    for name in strategies:
        if name not in STRATEGIES:
            raise ValueError(
                f'unknown guidance strategy {name!r}; valid are {valid}'
            )
    if not 0 < bg_ratio <= 1:
        raise ValueError(
            'bg_ratio is a share of the pixels and must lie in (0, 1], '
            f'got {bg_ratio}'
        )
    _check_integer('nms_size', nms_size)
    if nms_size < 1 or nms_size % 2 == 0:
        raise ValueError(
            'nms_size must be odd and positive, so that the window has a '
            f'centre, got {nms_size}'
        )
    _check_integer('max_points', max_points)
    if max_points < -1:
        raise ValueError(
            f'max_points must be -1 (no limit) or at least 0, got {max_points}'
        )


def checked_flow(flow: np.ndarray) -> np.ndarray:
    """Return a flow field as contiguous float32.

    Args:
        flow: (H, W, 2) numbers.

    Returns:
        (H, W, 2) float32.

    Raises:
        ValueError: Another shape, no pixels, or a value that is not finite.
    """
    if np.ndim(flow) != 3 or np.shape(flow)[2] != 2 or not np.size(flow):
        raise ValueError(
            f'flow must have shape (H, W, 2), not empty, got {np.shape(flow)}'
        )
    flow = np.ascontiguousarray(flow, np.float32)
    # One product tells most of the time; it may overflow, hence the rest.
    if not np.isfinite(np.vdot(flow, flow)) and not np.isfinite(flow).all():
        row, col = np.argwhere(~np.isfinite(flow).all(2))[0]
        raise ValueError(
            f'flow must be finite, got {flow[row, col].tolist()} at row '
            f'{row}, column {col}'
        )
    return flow


def checked_points(points: Any, height: int, width: int) -> np.ndarray:
    """Return points, or say which one lies outside the image.

    Args:
        points: (K, 2) int, row and column; None raises.
        height: Rows of the image.
        width: Columns of the image.

    Returns:
        (K, 2) int64.

    Raises:
        TypeError: The points are no integers.
        ValueError: There are none, the shape is another, or one is outside.
    """
    if points is None:
        raise ValueError("strategy 'specified' needs points, got None")
    points = np.asarray(points)
    if points.size == 0:
        return np.empty((0, 2), np.int64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f'points must have shape (K, 2), got {points.shape}')
    if points.dtype.kind not in 'iu':
        raise TypeError(f'points must be integers, got {points.dtype}')
    outside = (points < 0) | (points >= (height, width))
    if outside.any():
        row, col = points[outside.any(1)][0]
        raise ValueError(
            f'guidance point (row {row}, column {col}) lies outside the '
            f'image of {height} rows and {width} columns'
        )
    return points.astype(np.int64)


def _check_integer(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f'{name} must be an integer, got {value!r}')
