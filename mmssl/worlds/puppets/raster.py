"""Which piece is seen at each pixel, and what each owner would cover."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.geometry import Geometry
from mmssl.worlds.puppets.stage import LAYERS
from mmssl.worlds.puppets.table import PieceTable

# Bits of a pixel in the coordinates that OpenCV fills polygons with.
_SHIFT = 4
# Coordinates in px that it is given at most; its fixed point overflows later.
_FAR = 15000.0


class Cover(NamedTuple):
    """What an owner would cover were nothing in front of it.

    Attributes:
        box_xyxy: (4,) float64 px, cut at the frame; zero where nothing is.
        pixels: How many.
    """

    box_xyxy: NDArray[np.float64]
    pixels: int


class Raster(NamedTuple):
    """The pieces in the image.

    Attributes:
        ids: (H, W) int16, row of the piece that is in front.
        rank: (P,) int64, a piece covers those of lower rank.
        covers: One for each owner but the layers.
    """

    ids: NDArray[np.int16]
    rank: NDArray[np.int64]
    covers: list[Cover]


def rasterize(
    table: PieceTable,
    placed: Geometry,
    near: NDArray[np.float64],
    size_hw: tuple[int, int],
    counted: NDArray[np.bool_],
) -> Raster:
    """Paint from back to front.

    Args:
        table: P pieces of O owners.
        placed: The pieces in the image.
        near: (O,) nearness of the owners.
        size_hw: Of the image.
        counted: (P,) bool, pieces that count as their owner: not its bags.
    """
    pieces = len(table.owner)
    order = np.lexsort((placed.near, near[table.owner]))
    rank = np.empty(pieces, np.int64)
    rank[order] = np.arange(pieces)
    shown = _on_screen(placed, size_hw)
    points = np.clip(placed.outlines, -_FAR, _FAR) * (1 << _SHIFT)
    fixed = np.rint(points).astype(np.int32)
    ids = np.full(size_hw, pieces - LAYERS, np.int16)
    owners = len(near) - LAYERS
    covers = [Cover(np.zeros(4), 0)] * owners
    scratch = np.full(size_hw, -1, np.int16)
    for owner in [owners + 1, *np.argsort(near[:owners], kind='stable')]:
        rows = order[(table.owner[order] == owner) & shown[order]]
        if not len(rows):
            continue
        if owner > owners:
            _fill(ids, fixed, rows)
            continue
        window = _window(placed.outlines[rows], size_hw)
        _fill(scratch, fixed, rows)
        sub = scratch[window]
        drawn = sub >= 0
        np.copyto(ids[window], sub, where=drawn)
        covers[owner] = _cover(counted[sub] & drawn, window)
        sub[:] = -1
    return Raster(ids, rank, covers)


def mask_box(
    mask: NDArray[np.bool_], left: int = 0, top: int = 0
) -> NDArray[np.float64]:
    """Return the box around what is True, (4,) px, zeros when nothing is.

    Example:
        >>> mask = np.zeros((4, 6), bool)
        >>> mask[1:3, 2:5] = True
        >>> mask_box(mask).tolist()
        [2.0, 1.0, 5.0, 3.0]
    """
    rows, cols = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return np.zeros(4)
    box = [
        cols[0] + left,
        rows[0] + top,
        cols[-1] + left + 1,
        rows[-1] + top + 1,
    ]
    return np.array(box, float)


def _on_screen(
    placed: Geometry, size_hw: tuple[int, int]
) -> NDArray[np.bool_]:
    low, high = placed.outlines.min(1), placed.outlines.max(1)
    inside = (high > -1).all(1) & (low < np.array(size_hw[::-1])).all(1)
    return inside & placed.shown


def _window(
    outlines: NDArray[np.float64], size_hw: tuple[int, int]
) -> tuple[slice, slice]:
    """Return the pixels that outlines may touch."""
    limit = np.array(size_hw[::-1])
    low = np.floor(outlines.min((0, 1))) - 1
    high = np.ceil(outlines.max((0, 1))) + 2
    x, y = np.clip(np.stack([low, high], axis=1), 0, limit[:, None]).astype(
        int
    )
    return slice(y[0], y[1]), slice(x[0], x[1])


def _fill(
    image: NDArray[np.int16],
    fixed: NDArray[np.int32],
    rows: NDArray[np.int64],
) -> None:
    for row in rows.tolist():
        cv2.fillPoly(image, [fixed[row]], row, cv2.LINE_8, _SHIFT)


def _cover(mask: NDArray[np.bool_], window: tuple[slice, slice]) -> Cover:
    rows, cols = window
    box = mask_box(mask, cols.start, rows.start)
    return Cover(box, int(np.count_nonzero(mask)))
