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
    count = len(points)
    ends = np.searchsorted(points[:, 0], points[:, 0] + distance).tolist()
    cols = points[:, 1].tolist()
    coins = iter((rng.random(count) < 0.5).tolist())  # each drops one point
    alive = [True] * count
    for i in range(count):
        if not alive[i]:
            continue
        # Of a pair with an earlier point, one is dropped by now.
        for j in range(i + 1, ends[i]):
            if not alive[j] or abs(cols[j] - cols[i]) >= distance:
                continue
            if next(coins):
                alive[i] = False
                break
            alive[j] = False
    return points[np.array(alive, bool)]
