"""Exact distance to the nearest edge, at chosen pixels only."""

from __future__ import annotations

import cv2
import numpy as np

# Pixels per side of the blocks in which the pixels are addressed.
SIDE = 3

_NO_EDGE = 16000  # more rows than any field has
_AT_ONCE = 1 << 17  # numbers compared at a time, to stay in the cache


class DistanceField:
    """Squared Euclidean distance to the nearest edge, evaluated on demand.

    ``D^2(r, c) = min over c' of G(r, c')^2 + (c - c')^2`` where ``G`` is the
    distance to the nearest edge of the same column: the second pass of the
    separable distance transform, done for the asked pixels only. Integers
    throughout, hence exact.

    Up to a reach of 254 pixels, squares are kept in uint16. What does not
    fit is farther than asked for: OpenCV's arithmetic saturates, so that it
    stays large and is never the minimum.

    Args:
        edges: (h, w) bool, h divisible by :data:`SIDE`, h + w < 4096.
        reach: Upper bound of the distances that will be asked for, pixels.
    """

    def __init__(self, edges: np.ndarray, reach: int) -> None:
        width = edges.shape[1]
        self._width = width
        self._reach = reach
        self._span = min(2 * reach + 1, width)  # columns that may matter
        squares = _column_distance(edges)
        offsets = np.arange(-width - SIDE, width + SIDE)
        parabola = offsets * offsets
        if reach < 255:
            parabola = np.minimum(parabola, 65535).astype(np.uint16)
        else:
            parabola = parabola.astype(np.float32)
            squares = squares.astype(np.float32)
        flat = squares.reshape(-1, width)
        cv2.multiply(flat, flat, flat)
        self._squares = _windows(squares, self._span)
        self._parabola = _windows(parabola, self._span)

    def squared(self, rows: np.ndarray, cols: np.ndarray) -> np.ndarray:
        """Return the squared distances of K pixels.

        Args:
            rows: (K,) int.
            cols: (K,) int.

        Returns:
            (K,) float32, whole numbers.
        """
        start = np.minimum(cols - self._reach, self._width - self._span)
        start = np.maximum(start, 0)
        shift = start - cols + (self._width + SIDE)
        block, phase = np.divmod(rows, SIDE)
        found = np.empty(len(rows), np.float32)
        some = max(1, _AT_ONCE // self._span)
        for first in range(0, len(rows), some):
            now = slice(first, first + some)
            squares = self._squares[phase[now], block[now], start[now]]
            cv2.add(squares, self._parabola[shift[now]], squares)
            found[now] = squares.min(1)
        return found


def _windows(table: np.ndarray, span: int) -> np.ndarray:
    """View ``span`` neighbours of the last axis from each start."""
    *lead, length = table.shape
    return np.ndarray(
        (*lead, length - span + 1, span),
        table.dtype,
        table,
        strides=(*table.strides, table.itemsize),
    )


def _column_distance(edges: np.ndarray) -> np.ndarray:
    """Return the distance to the nearest edge in the same column.

    The row's label, shifted by :data:`_NO_EDGE`, is carried down (largest so
    far) and up (smallest so far). "None yet" is 0 on the way down and, one
    below in uint16, 65535 on the way up: both are far from every label.

    Args:
        edges: (h, w) bool.

    Returns:
        (3, h / 3, w) uint16; row r is at [r % 3, r // 3]. That layout lets
        whole planes be compared at once: first the rows of a block, then
        blocks 1, 2, 4, ... apart, then each block with the one next to it.
    """
    height, width = edges.shape
    label = np.arange(_NO_EDGE, _NO_EDGE + height, dtype=np.uint16)
    label = label.reshape(-1, SIDE).T[:, :, None].copy()
    above = np.empty((SIDE, height // SIDE, width), np.uint16)
    planes = edges.view(np.uint8).reshape(-1, SIDE, width).transpose(1, 0, 2)
    np.multiply(planes, label, out=above)
    below = above - np.uint16(1)
    for near, far in ((0, 1), (1, 2)):
        cv2.max(above[near], above[far], above[far])
    for near, far in ((2, 1), (1, 0)):
        cv2.min(below[near], below[far], below[far])
    _spread(above[-1], below[0])
    for phase in (0, 1):
        cv2.max(above[phase, 1:], above[-1, :-1], above[phase, 1:])
    for phase in (1, 2):
        cv2.min(below[phase, :-1], below[0, 1:], below[phase, :-1])
    np.subtract(label, above, out=above)
    np.subtract(below, label - np.uint16(1), out=below)
    return np.minimum(above, below, out=above)


def _spread(above: np.ndarray, below: np.ndarray) -> None:
    """Turn block-wise into cumulative extremes, in place, by doubling.

    Source and target overlap; that is harmless, since a value that is
    already updated only is an extreme over more of the blocks asked for.
    """
    step = 1
    while step < len(above):
        cv2.max(above[step:], above[:-step], above[step:])
        cv2.min(below[:-step], below[step:], below[:-step])
        step *= 2
