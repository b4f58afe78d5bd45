"""Point sets that need no motion edges. Points are (row, column)."""

from __future__ import annotations

import numpy as np


def points_where(mask: np.ndarray) -> np.ndarray:
    """Return the set pixels of a mask, as ``np.argwhere``, only faster.

    Args:
        mask: (H, W) bool.

    Returns:
        (K, 2) int64, row and column, row-major order.

    Example:
        >>> points_where(np.eye(2, dtype=bool)).tolist()
        [[0, 0], [1, 1]]
    """
    return np.stack(np.divmod(np.flatnonzero(mask), mask.shape[1]), 1)


def grid_points(height: int, width: int, bg_ratio: float) -> np.ndarray:
    """Return a regular grid.

    ``stride = int(sqrt(1 / bg_ratio))``; the first row is
    ``int((height - floor(height / stride) * stride) / 2)``, the first column
    likewise. The truncation is the published one: a ratio meant as 1 / 166^2
    and written with four digits gives a stride of 165.

    Source: Zhan et al. 2019 (CMP), published sampler, strategy "grid".

    Args:
        height: Rows of the image.
        width: Columns of the image.
        bg_ratio: Share of the pixels, in (0, 1].

    Returns:
        (K, 2) int64, row-major order.

    Example:
        >>> grid_points(5, 9, 1 / 16).tolist()
        [[0, 0], [0, 4], [0, 8], [4, 0], [4, 4], [4, 8]]
    """
    stride = int(np.sqrt(1 / bg_ratio))
    rows, cols = (
        np.arange((size - size // stride * stride) // 2, size, stride)
        for size in (height, width)
    )
    points = np.empty((len(rows), len(cols), 2), np.int64)
    points[..., 0] = rows[:, None]
    points[..., 1] = cols
    return points.reshape(-1, 2)


def uniform_points(
    height: int, width: int, bg_ratio: float, rng: np.random.Generator
) -> np.ndarray:
    """Return ``int(bg_ratio * height * width)`` independent uniform points.

    Source: Zhan et al. 2019 (CMP), published sampler, strategy "uniform".

    Args:
        height: Rows of the image.
        width: Columns of the image.
        bg_ratio: Share of the pixels, in (0, 1].
        rng: Source of the randomness.

    Returns:
        (K, 2) int64; a pixel may occur more than once.
    """
    count = int(bg_ratio * height * width)
    return rng.integers(0, (height, width), (count, 2))


def moving_point(flow: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return one uniformly drawn pixel among those that move.

    Source: Zhan et al. 2019 (CMP), published sampler, strategy "single".

    Deviates: where nothing moves there is no point; the published code fails.

    Args:
        flow: (H, W, 2).
        rng: Source of the randomness.

    Returns:
        (1, 2) int64, or (0, 2) where the flow is zero everywhere.
    """
    moving = np.flatnonzero((flow[..., 0] != 0) | (flow[..., 1] != 0))
    chosen = rng.choice(moving, min(1, len(moving)))
    return np.stack(np.divmod(chosen, flow.shape[1]), 1)


def all_points(height: int, width: int) -> np.ndarray:
    """Return all pixels, (height * width, 2) int64, row-major order.

    Example:
        >>> all_points(1, 2).tolist()
        [[0, 0], [0, 1]]
    """
    return np.indices((height, width)).reshape(2, -1).T
