"""Random boxes inside a region, many at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def draw_candidates(
    size: Floats,
    count: int,
    mode: str,
    min_size: int,
    rng: np.random.Generator,
) -> Floats:
    """Draw boxes with whole sides >= ``min_size`` at whole px.

    Both axes are drawn alike and independently; W is the side of the region,
    m = ``min_size``, U{a..b} uniform over whole numbers:

    * 'grid': n ~ U{1..W // m} cells of g = W / n; cell i ~ U{0..n - 1};
      side w ~ U{m..floor(g)}; start ~ floor(i g) + U{0..floor(g - w)};
    * 'random': side w ~ U{m..W - 1}; start ~ U{0..W - w - 1}.

    Source: the published SCRL's ``models/box_generator.py``.
    Deviates: none in law; U comes from one float64 each.

    Args:
        size: (2, N) width and height of the regions, whole numbers greater
            than ``min_size``, px.
        count: Boxes M for each region.
        mode: 'grid' or 'random'.
        min_size: Shortest side, px.
        rng: Source of the randomness.

    Returns:
        (2, 2, N, M) float64, but whole numbers, px: left and top of M boxes
        in each region, then right and bottom.
    """
    if mode == 'grid':
        return _in_cells(size[..., None], count, min_size, rng)
    return _anywhere(size[..., None], count, min_size, rng)


def _in_cells(
    size: Floats, count: int, least: int, rng: np.random.Generator
) -> Floats:
    draws = rng.random((4, *size.shape[:2], count))
    cells = np.floor(draws[0] * (size // least)) + 1
    cell = size / cells
    corner = np.floor(np.floor(draws[1] * cells) * cell)
    side = np.floor(draws[2] * (np.floor(cell) - (least - 1))) + least
    free = np.floor(cell - side) + 1
    return _ends(corner + np.floor(draws[3] * free), side)


def _anywhere(
    size: Floats, count: int, least: int, rng: np.random.Generator
) -> Floats:
    draws = rng.random((2, *size.shape[:2], count))
    side = np.floor(draws[0] * (size - least)) + least
    return _ends(np.floor(draws[1] * (size - side)), side)


def _ends(start: Floats, side: Floats) -> Floats:
    ends = np.empty((2, *start.shape))
    ends[0] = start
    np.add(start, side, out=ends[1])
    return ends
