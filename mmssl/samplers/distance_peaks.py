"""Pixels that are farther from every edge than all pixels around them.

What is asked for: distance transform, then non-maximum suppression. Done
literally that is :func:`dense_peaks`. :func:`distance_peaks` returns the same
set several times faster by asking for few distances:

1. Distances between 3x3 blocks (a transform of 1/9 of the pixels) bound the
   distance of every pixel from both sides.
2. A block whose upper bound is below another's lower bound, in a window that
   all its pixels share, holds no peak. The others are *refined*: exact at
   their centre, and where that still leaves them in play, at all pixels.
3. The refined pixels that nothing known exceeds are candidates. Blocks that
   could still exceed one of them are refined as well; then the known pixels
   decide.

Where most of the map is near an edge, or wide slopes leave many blocks in
play, that would be the slower way, and the literal one is taken.
"""

from __future__ import annotations

import cv2
import numpy as np

from mmssl.samplers.distance_field import SIDE, DistanceField
from mmssl.samplers.points import points_where

# From a block's centre to its corner, plus the rounding of float32 roots.
_TO_CORNER = 2**0.5 + 1e-3
_ROUNDING = 1e-3

# From a block's centre to its pixels.
_DOWN, _RIGHT = np.indices((SIDE, SIDE)).reshape(2, -1) - 1

# Below this radius the blocks are too coarse to rule anything out.
_SMALLEST_RADIUS = 5

# Blocks in play times the columns to look at; beyond, the literal way is
# faster (measured on 384 x 384 maps: real flow stays below 190 000).
_MOST_WORK = 250_000
_LEAST_REACH = 32

# Beyond, all windows at once cost less than one after the other.
_MANY_POINTS = 64


def distance_peaks(edges: np.ndarray, window: int) -> np.ndarray:
    """Return the peaks of the distance to the nearest edge.

    A peak is no edge, is not exceeded within the ``window`` x ``window``
    pixels around it (ties all stay) and does not lie on the image's border.
    Without any edge there is no distance, hence no peak.

    Source: Zhan et al. 2019 (CMP), published sampler: points of strategy
    "watershed" before neighbours are eliminated.

    Deviates: none. Where no edge exists the published code measures to a
    phantom pixel outside the corner, which ends in no peak as well.

    Args:
        edges: (H, W) bool, H + W < 4096.
        window: Side of the window, odd, pixels.

    Returns:
        (K, 2) int64, row and column, row-major order.

    Example:
        >>> edges = np.zeros((7, 9), bool)
        >>> edges[0] = edges[-1] = edges[:, 0] = edges[:, -1] = True
        >>> distance_peaks(edges, 5).tolist()
        [[3, 3], [3, 4], [3, 5]]
    """
    if not edges.any():
        return np.empty((0, 2), np.int64)
    if window // 2 < _SMALLEST_RADIUS:
        return dense_peaks(edges, window)
    search = _Search(edges, window // 2)
    blocks = search.in_play()
    if len(blocks) * max(search.reach, _LEAST_REACH) > _MOST_WORK:
        return dense_peaks(edges, window)
    points, squares = search.candidates(blocks)
    search.refine_rivals(points, squares)
    points = points[squares >= search.highest_around(points)]
    return points[np.argsort(points @ (edges.shape[1], 1))]


def dense_peaks(edges: np.ndarray, window: int) -> np.ndarray:
    """Return what :func:`distance_peaks` returns, the literal way.

    Args:
        edges: (H, W) bool with at least one edge.
        window: Side of the window, odd, pixels.

    Returns:
        (K, 2) int64, row and column, row-major order.
    """
    squares: np.ndarray = cv2.distanceTransform(
        (~edges).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    squares *= squares
    np.rint(squares, out=squares)  # roots of float32 break ties
    highest = cv2.dilate(squares, _square(window // 2))
    peaks = (squares == highest) & (squares > 0)
    peaks[[0, -1]] = False
    peaks[:, [0, -1]] = False
    return points_where(peaks)


class _Search:
    """State of one search: bounds per block, exact distances per pixel.

    Attributes:
        lower: (h, w) float32, a distance that a pixel of the block, its
            centre, has at least; h and w count blocks.
        upper: (h, w) float32, what no pixel of the block that is not yet in
            ``known`` exceeds.
        known: (H, W) float32, squared distances found so far, else 0.
    """

    def __init__(self, edges: np.ndarray, radius: int) -> None:
        self.radius = radius
        self.shape = height, width = edges.shape
        if height % SIDE or width % SIDE:
            edges = np.pad(edges, ((0, -height % SIDE), (0, -width % SIDE)))
        blocks = _any_of_block(edges)
        coarse: np.ndarray = cv2.distanceTransform(
            (~blocks).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
        )
        coarse *= SIDE
        self.lower = coarse - _TO_CORNER
        self.upper = coarse + 2 * _TO_CORNER
        # Centres outside the image bound nothing.
        self.lower[(height + 1) // SIDE :] = 0
        self.lower[:, (width + 1) // SIDE :] = 0
        self.known = np.zeros((height, width), np.float32)
        self.reach = int(self.upper.max()) + 1
        self._edges = edges

    def in_play(self) -> np.ndarray:
        """Return the (K, 2) blocks that may hold a peak by their bounds."""
        return points_where(self.upper >= self._beaten())

    def candidates(self, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return (K, 2) points no known pixel exceeds, (K,) squares."""
        self._field = DistanceField(self._edges, self.reach)
        rows, cols, squares = self._refine(blocks)
        distances = np.sqrt(squares)
        at = rows // SIDE, cols // SIDE
        np.maximum.at(self.lower, at, distances - _ROUNDING)
        inner = _square((self.radius - 2) // SIDE)  # blocks all pixels see
        highest = cv2.dilate(self.lower, inner)
        height, width = self.shape
        keep = (distances >= highest[at]) & (squares > 0)
        keep &= (rows > 0) & (rows < height - 1)
        keep &= (cols > 0) & (cols < width - 1)
        return np.stack([rows[keep], cols[keep]], 1), squares[keep]

    def refine_rivals(self, points: np.ndarray, squares: np.ndarray) -> None:
        """Make all pixels known that could exceed one of the points."""
        floor: np.ndarray = np.full(self.upper.shape, np.inf, np.float32)
        np.minimum.at(floor, tuple(points.T // SIDE), np.sqrt(squares))
        outer = _square((self.radius + 2) // SIDE)  # blocks any pixel sees
        floor = cv2.erode(floor, outer)
        blocks = points_where(self.upper > floor)
        if len(blocks):
            self._refine(blocks, floor)

    def highest_around(self, points: np.ndarray) -> np.ndarray:
        """Return (K,) largest known squares in the windows of the points."""
        radius = self.radius
        if len(points) > _MANY_POINTS:
            highest = cv2.dilate(self.known, _square(radius))
            return highest[tuple(points.T)]
        tops = np.maximum(points - radius, 0).tolist()
        ends = (points + (radius + 1)).tolist()
        windows = (
            self.known[top:bottom, left:right]
            for (top, left), (bottom, right) in zip(tops, ends)
        )
        return np.array([window.max() for window in windows], np.float32)

    def _beaten(self) -> np.ndarray:
        """Return (h, w) distances a block's pixels need to be a peak.

        That of the best centre that all pixels of the block have in view.
        """
        return cv2.dilate(self.lower, _square((self.radius - 1) // SIDE))

    def _refine(
        self, blocks: np.ndarray, floor: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Make blocks known, except those whose centre rules them out.

        Args:
            blocks: (K, 2) int, rows and columns of blocks.
            floor: (h, w), the distance that rules out; by default
                :meth:`_beaten` with the centres found here.

        Returns:
            rows, cols, squared distances: (K,) each, of the new pixels.
        """
        i, j = blocks.T
        rows, cols = i * SIDE + 1, j * SIDE + 1
        centre = np.sqrt(self._field.squared(rows, cols))
        if floor is None:
            inside = (rows < self.shape[0]) & (cols < self.shape[1])
            self.lower[i[inside], j[inside]] = centre[inside] - _ROUNDING
            floor = self._beaten()
        highest = centre + _TO_CORNER
        open_ = highest >= floor[i, j]
        self.upper[i, j] = np.where(open_, 0, highest)
        rows, cols = _pixels(rows[open_], cols[open_])
        inside = (rows < self.shape[0]) & (cols < self.shape[1])
        rows, cols = rows[inside], cols[inside]
        squares = self._field.squared(rows, cols)
        self.known[rows, cols] = squares
        return rows, cols, squares


def _any_of_block(mask: np.ndarray) -> np.ndarray:
    """Return (H / 3, W / 3) bool: does the block have a set pixel?"""
    rows = mask[0::SIDE] | mask[1::SIDE] | mask[2::SIDE]
    return rows[:, 0::SIDE] | rows[:, 1::SIDE] | rows[:, 2::SIDE]


def _pixels(
    rows: np.ndarray, cols: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels of the blocks with these centres, block by block."""
    return (rows[:, None] + _DOWN).ravel(), (cols[:, None] + _RIGHT).ravel()


def _square(radius: int) -> np.ndarray:
    """Return the structuring element of a square window."""
    return np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
