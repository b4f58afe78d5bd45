"""Maxima of how much an edge stands out from its surroundings ("gradnms").

The score is a difference of two box means. The published sampler adds each
box up in float32, term by term, and keeps all ties; along smooth edges the
rounding of those sums decides which pixel is a maximum. To return the same
points without adding up two boxes at every pixel, the score is first taken
from running means (any rounding), which leaves the few
pixels within rounding of a maximum; only for these the published sums are
repeated (:meth:`_BoxMean.published`).
"""

from __future__ import annotations

import cv2
import numpy as np

from mmssl.samplers.points import points_where

# Smallest score of a maximum.
_THRESHOLD = 0.1

_FLOAT32_ROUNDING = float(np.finfo(np.float32).eps)
_AT_ONCE = 1 << 18  # numbers added up at a time


def edge_maxima(edges: np.ndarray, window: int) -> np.ndarray:
    """Return the maxima of the score within ``window`` x ``window`` pixels.

    ``S = A / max(A) - B / max(B)``, ``A`` the mean of the edge strength in a
    box of side ``floor(W / 20)``, ``B`` in one of half that side (floored),
    symmetric boundary. Maxima above 0.1 count, ties all stay.

    Source: Zhan et al. 2019 (CMP), published sampler, strategy "gradnms".

    Deviates: boxes have a side of at least 1 (the published code fails on
    maps narrower than 40), and a map without edges has no maxima (there the
    published code divides 0 by 0, with the same result).

    Args:
        edges: (H, W) float32 from ``motion_edges``.
        window: Side of the window, odd, pixels.

    Returns:
        (K, 2) int64, row and column, row-major order.

    Example:
        >>> edges = np.zeros((5, 40), np.float32)
        >>> edges[2, 20] = 1
        >>> edge_maxima(edges, 5).tolist()
        [[2, 21], [3, 20], [3, 21]]
    """
    if not edges.max() > 0:
        return np.empty((0, 2), np.int64)
    wide = max(1, edges.shape[1] // 20)
    means = _BoxMean(edges, wide), _BoxMean(edges, max(1, wide // 2))
    score = means[0].rough / means[0].rough.max()
    score -= means[1].rough / means[1].rough.max()
    maybe, rivals = _in_doubt(score, window, sum(m.doubt for m in means))
    exact = [m.published(rivals) / m.highest() for m in means]
    published = np.full(score.shape, -np.inf, np.float32)
    published[tuple(rivals.T)] = exact[0] - exact[1]
    highest = cv2.dilate(published, _square(window))
    maybe &= published == highest
    maybe &= published > np.float32(_THRESHOLD)
    return points_where(maybe)


def _in_doubt(
    score: np.ndarray, window: int, doubt: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return what may be a maximum, and what decides whether it is.

    Args:
        score: (H, W) float32, off by at most ``doubt`` / 2.
        window: Side of the window, odd, pixels.
        doubt: Largest gap that rounding may turn round.

    Returns:
        maybe: (H, W) bool.
        rivals: (K, 2) int64, all pixels that could exceed one of these in
            its window, themselves included.
    """
    square = _square(window)
    maybe = score >= cv2.dilate(score, square) - doubt
    maybe &= score > _THRESHOLD - doubt
    floor = np.full(score.shape, np.inf, np.float32)
    np.copyto(floor, score - doubt, where=maybe)
    return maybe, points_where(score >= cv2.erode(floor, square))


class _BoxMean:
    """Mean over a square box around each pixel, symmetric boundary.

    Args:
        edges: (H, W) float32, not negative, one value at least above 0.
        side: Side of the box, pixels; an even box reaches one pixel farther
            up and left.

    Attributes:
        rough: (H, W) float32, the means up to rounding.
        doubt: Largest gap between two means, as a share of the largest one,
            that rounding may turn round: a sum of n positive terms is off by
            n roundings at most, and there are two of them.
    """

    def __init__(self, edges: np.ndarray, side: int) -> None:
        self.rough = cv2.boxFilter(
            edges, cv2.CV_32F, (side, side), borderType=cv2.BORDER_REFLECT
        )
        self.doubt = 4 * (side**2 + 4) * _FLOAT32_ROUNDING
        self._edges = edges
        self._side = side

    def published(self, points: np.ndarray) -> np.ndarray:
        """Return the (K,) float32 means at K points, rounded as published.

        That is as ``scipy.signal.convolve2d`` (1.16 or later, with which the
        golden points were made) does it with a float32 box: the terms run
        from the box's last pixel to its first; of each row, four terms at a
        time are added up and then to the sum, and after them what is left.
        """
        side = self._side
        weight = np.float32(1) / np.float32(side * side)
        last_to_first = (side - 1 - side // 2) - np.arange(side)
        box = points[:, :, None] + last_to_first  # K2s
        height, width = self._edges.shape
        rows = _mirrored(box[:, 0, :, None], height)
        cols = _mirrored(box[:, 1, None, :], width)
        means = np.empty(len(points), np.float32)
        some = max(1, _AT_ONCE // side**2)
        for first in range(0, len(points), some):
            now = slice(first, first + some)
            terms = self._edges[rows[now], cols[now]]  # Kss
            means[now] = _sum_in_order(terms * weight)
        return means

    def highest(self) -> np.float32:
        """Return the largest mean of the map, rounded as published."""
        enough = self.rough.max() * np.float32(1 - self.doubt)
        return self.published(points_where(self.rough >= enough)).max()


def _mirrored(index: np.ndarray, size: int) -> np.ndarray:
    """Return where an index outside 0..size-1 lies, symmetric boundary."""
    index = index % (2 * size)
    return np.minimum(index, 2 * size - 1 - index)


def _sum_in_order(terms: np.ndarray) -> np.ndarray:
    """Sum (K, rows, cols) float32 row by row, four terms at a time."""
    fours = terms.shape[2] // 4 * 4
    summed = terms[..., 0:fours:4] + terms[..., 1:fours:4]
    summed += terms[..., 2:fours:4]
    summed += terms[..., 3:fours:4]
    steps = np.concatenate([summed, terms[..., fours:]], 2)
    # cumsum adds one after the other; sum() would add in pairs.
    return np.cumsum(steps.reshape(len(terms), -1), axis=1)[:, -1]


def _square(side: int) -> np.ndarray:
    """Return the structuring element of a square window."""
    return np.ones((side, side), np.uint8)
