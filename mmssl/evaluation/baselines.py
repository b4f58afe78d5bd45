"""The two predictions every flow model must beat: no motion, nearest vector.

Flow is (H, W, 2) = (u to the right, v down) in pixels, points are (row, col).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def zero_flow(shape_hw: tuple[int, int]) -> NDArray[np.float32]:
    """Return the prediction that nothing moves.

    Args:
        shape_hw: Height and width, px.

    Returns:
        (H, W, 2) float32 zeros.
    """
    return np.zeros((*shape_hw, 2), dtype=np.float32)


def nearest_point_map(
    points: ArrayLike, shape_hw: tuple[int, int]
) -> NDArray[np.int64]:
    """Find the nearest point of each pixel, exactly.

    Distance is Euclidean between pixel centres. Among points equally near,
    the one that comes first row by row wins (smallest ``row * W + col``), so
    that the result depends on the set of points and not on their order.

    Squared distances are integers. They are minimised in two passes: down
    each column that has a point, then over these columns, in
    ``O(H W min(K, W))`` and without a (K, H, W) array.

    Args:
        points: (K, 2) int, (row, col), K >= 1; duplicates are allowed.
        shape_hw: Height and width, px.

    Returns:
        (H, W) int64, ``row * W + col`` of the nearest point.

    Raises:
        ValueError: No point, wrong shape, or a point outside the image.

    Example:
        >>> nearest_point_map([[0, 0], [0, 3]], (1, 4))
        array([[0, 0, 3, 3]])
    """
    height, width = shape_hw
    points = _checked_points(points, shape_hw)
    if not len(points):
        raise ValueError('nearest_point_map needs at least one point, got 0')
    columns = np.unique(points[:, 1])
    taken = np.zeros((height, len(columns)), dtype=bool)
    taken[points[:, 0], np.searchsorted(columns, points[:, 1])] = True

    rows = _nearest_row(taken)  # (H, C)
    down = (rows - np.arange(height)[:, None]) ** 2
    # One integer orders by distance first and by position second.
    size = height * width
    keys = down * size + rows * width + columns  # (H, C)
    across = (np.arange(width) - columns[:, None]) ** 2 * size  # (C, W)
    best = np.full(shape_hw, np.iinfo(np.int64).max)
    candidate = np.empty_like(best)
    for c in range(len(columns)):
        np.add(keys[:, c, None], across[c], out=candidate)
        np.minimum(best, candidate, out=best)
    return best % size


def nearest_guidance_fill(
    points: ArrayLike, vectors: ArrayLike, shape_hw: tuple[int, int]
) -> NDArray[np.float32]:
    """Give each pixel the vector of its nearest guidance point.

    The baseline a network beats only if it knows what moves together. Ties
    go to the first point row by row; of several vectors at one pixel the
    last counts; without points the flow is zero.

    Args:
        points: (K, 2) int, (row, col).
        vectors: (K, 2) float, (u, v) in px.
        shape_hw: Height and width, px.

    Returns:
        (H, W, 2) float32, px.

    Raises:
        ValueError: Wrong shapes or a point outside the image.

    Example:
        >>> nearest_guidance_fill([[0, 0], [0, 3]], [[1, 0], [2, 0]], (1, 4))[
        ...     ..., 0
        ... ]
        array([[1., 1., 2., 2.]], dtype=float32)
    """
    points = _checked_points(points, shape_hw)
    vectors = np.asarray(vectors, dtype=np.float32).reshape(-1, 2)
    if len(points) != len(vectors):
        raise ValueError(
            'each guidance point needs one vector, '
            f'got {len(points)} points and {len(vectors)} vectors'
        )
    sparse = zero_flow(shape_hw)
    if not len(points):
        return sparse
    sparse[points[:, 0], points[:, 1]] = vectors
    return sparse.reshape(-1, 2)[nearest_point_map(points, shape_hw)]


def _nearest_row(taken: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return for each cell the nearest taken row of its column.

    Args:
        taken: (H, C) bool, every column has at least one True.

    Returns:
        (H, C) int64; ties go to the row above.
    """
    height = len(taken)
    row = np.arange(height)[:, None]
    # Far enough that a missing side never wins.
    above = np.maximum.accumulate(np.where(taken, row, -2 * height), axis=0)
    below = np.minimum.accumulate(
        np.where(taken, row, 4 * height)[::-1], axis=0
    )[::-1]
    return np.where(row - above <= below - row, above, below)


def _checked_points(
    points: ArrayLike, shape_hw: tuple[int, int]
) -> NDArray[np.int64]:
    """Return points as (K, 2) int64, all inside the image."""
    array = np.asarray(points)
    if array.size == 0:
        return np.zeros((0, 2), dtype=np.int64)
    if array.ndim != 2 or array.shape[1] != 2:
        raise ValueError(
            f'guidance points must have shape (K, 2), got {array.shape}'
        )
    outside = ((array < 0) | (array >= np.array(shape_hw))).any(axis=1)
    if outside.any():
        raise ValueError(
            f'guidance point (row, col) {tuple(array[outside][0].tolist())} '
            f'is outside the image of height {shape_hw[0]} and width '
            f'{shape_hw[1]}'
        )
    return array.astype(np.int64)
