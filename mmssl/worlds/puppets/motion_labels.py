"""Optical flow and what is hidden, exact: pieces are stiff."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.geometry import Geometry
from mmssl.worlds.puppets.raster import Raster
from mmssl.worlds.puppets.shading import (
    look_up,
    piece_numbers,
    pixel_grid,
)

Flow = NDArray[np.float32]


def flow_maps(
    first: NDArray[np.float64], second: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the motion of each piece as affine functions, (P, 2, 3).

    A point x of the surface S1 x at one time is where S2 y = S1 x at the
    other: y - x = (S2^-1 S1 - 1) x.

    Args:
        first: (P, 3, 3) maps onto the surfaces, see ``Geometry.surface``.
        second: The same at the other time.

    Example:
        >>> rest = np.eye(3)[None]
        >>> moved = rest.copy()
        >>> moved[0, 0, 2] = -5.0
        >>> flow_maps(rest, moved)[0].tolist()
        [[0.0, 0.0, 5.0], [0.0, 0.0, 0.0]]
    """
    inverse = np.linalg.inv(second[:, :2, :2])
    out = inverse @ first[:, :2]
    out[..., 2] -= (inverse @ second[:, :2, 2:])[..., 0]
    out[:, 0, 0] -= 1
    out[:, 1, 1] -= 1
    return out


def flow_between(first: Raster, here: Geometry, there: Geometry) -> Flow:
    """Return where each pixel of a moment goes, (H, W, 2) float32 px."""
    maps = flow_maps(here.surface, there.surface)
    grid = pixel_grid(first.ids.shape)
    ids = piece_numbers(first.ids, len(maps))
    flow = np.empty((*ids.shape, 2), np.float32)
    for i in (0, 1):
        flow[..., i] = look_up(maps[:, i], ids, grid)
    return flow


def occlusion(first: Raster, second: Raster, flow: Flow) -> NDArray[np.bool_]:
    """Return which pixels of a moment are not seen in the other.

    A pixel is seen when its target lies in the frame on its own piece, or
    next to it on a piece behind: outlines end between pixels.

    Returns:
        (H, W) bool.
    """
    height, width = first.ids.shape
    cols = np.rint(flow[..., 0] + np.arange(width, dtype=np.float32))
    rows = np.rint(flow[..., 1] + np.arange(height, dtype=np.float32)[:, None])
    outside = (
        (cols < 0) | (cols > width - 1) | (rows < 0) | (rows > height - 1)
    )
    x = cols.clip(0, width - 1).astype(np.intp)
    y = rows.clip(0, height - 1).astype(np.intp)
    found = np.take(second.ids, y * width + x)
    hidden = found != first.ids
    which = np.flatnonzero(hidden & ~outside)
    own = first.ids.ravel()[which]
    behind = second.rank[found.ravel()[which]] < second.rank[own]
    which, own = which[behind], own[behind]
    hidden.ravel()[which] = ~_beside(
        second.ids, y.ravel()[which], x.ravel()[which], own
    )
    return hidden | outside


def _beside(
    ids: NDArray[np.int16],
    rows: NDArray[np.intp],
    cols: NDArray[np.intp],
    own: NDArray[np.int16],
) -> NDArray[np.bool_]:
    """Tell whether a piece is at one of the eight pixels around."""
    padded = np.pad(ids, 1, constant_values=-1)
    found = np.zeros(len(own), bool)
    for down in range(3):
        for right in range(3):
            found |= padded[rows + down, cols + right] == own
    return found
