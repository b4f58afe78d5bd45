"""Random elimination of points that lie too close to each other."""

from __future__ import annotations

import numpy as np


def thin_points(
    points: np.ndarray, distance: int, rng: np.random.Generator
) -> np.ndarray:
    """Drop points until no two are near each other.

    Two points are near where both their rows and their columns differ by
    less than ``distance``. All pairs are visited in order (first by the one
    point, then by the other); of a near pair of which neither is dropped
    yet, a fair coin drops one. A dropped point thus had a kept one near it,
    or one that was dropped later.

    Source: Zhan et al. 2019 (CMP), published sampler, neighbour elimination
    of strategy "watershed": the same law of the result, not the same stream
    of random numbers.

    Args:
        points: (K, 2) int, distinct, sorted by row.
        distance: Pixels; below 2 all points stay.
        rng: Source of the randomness.

    Returns:
        (L, 2), the kept points in their order.

    Example:
        >>> points = np.array([[0, 0], [0, 5], [0, 20]])
        >>> len(thin_points(points, 6, np.random.default_rng(0)))
        2
    """
    rows, cols = points.T
    ends = np.searchsorted(rows, rows + distance)  # rows near enough
    alive = np.ones(len(points), bool)
    for i, end in enumerate(ends.tolist()):
        if not alive[i] or end <= i + 1:
            continue
        # Earlier points near a living one are dropped: their pair was seen.
        near = np.abs(cols[i + 1 : end] - cols[i]) < distance
        rivals = np.flatnonzero(near & alive[i + 1 : end]) + i + 1
        lost = rng.random(len(rivals)) < 0.5  # coins, until the first loss
        if lost.any():
            alive[i] = False
            rivals = rivals[: lost.argmax()]
        alive[rivals] = False
    return points[alive]
