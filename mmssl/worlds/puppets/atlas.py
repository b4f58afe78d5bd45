"""All patterns in one image, at several scales, so one look-up serves all."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.scenery_tiles import scenery_tiles
from mmssl.worlds.puppets.tiles import cloth_tiles

LEVELS = 4
# A tile is stored this many times its period, so that a surface of up to
# 1.5 periods finds its texture in one stretch wherever it starts.
_STORED = 2.5


class Atlas(NamedTuple):
    """The patterns.

    Attributes:
        texture: (h, w, 2) uint8.
        names: Of the tiles.
        corners: (tiles, LEVELS, 2) where each begins, (x, y) texels.
        periods: (tiles,) texels at level 0, half at each next one.
    """

    texture: NDArray[np.uint8]
    names: tuple[str, ...]
    corners: NDArray[np.float64]
    periods: NDArray[np.float64]

    def number(self, name: str) -> int:
        """Return the number of a tile.

        Raises:
            ValueError: There is none of this name.
        """
        if name not in self.names:
            raise ValueError(
                f'pattern must be one of {sorted(self.names)}, got {name!r}'
            )
        return self.names.index(name)

    @property
    def room(self) -> NDArray[np.float64]:
        """Texels at level 0 that a surface may span, for each tile."""
        return (_STORED - 1) * self.periods - 4


@lru_cache(maxsize=1)
def atlas() -> Atlas:
    """Make the atlas; it is always the same."""
    tiles = {**cloth_tiles(), **scenery_tiles()}
    names = tuple(tiles)
    periods = np.array([len(tile) for tile in tiles.values()], float)
    strips = [_strip(tile) for tile in tiles.values()]
    corners, size = _packed(strips, periods)
    texture = np.zeros((*size, 2), np.uint8)
    for (x, y), strip in zip(corners[:, 0].astype(int), strips):
        texture[y : y + strip.shape[0], x : x + strip.shape[1]] = strip
    texture.setflags(write=False)
    return Atlas(texture, names, corners, periods)


def _strip(tile: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return a tile at all scales side by side, (h, w, 2)."""
    parts = []
    for level in range(LEVELS):
        side = int(_STORED * len(tile))
        index = np.arange(side) % len(tile)
        stored = np.zeros((int(_STORED * len(tile)) << level, side, 2))
        stored[:side] = tile[index][:, index]
        parts.append(stored)
        half = len(tile) // 2
        tile = tile.reshape(half, 2, half, 2, 2).mean((1, 3))
    return np.rint(255 * np.concatenate(parts, axis=1)).astype(np.uint8)


def _packed(
    strips: list[NDArray[np.uint8]], periods: NDArray[np.float64]
) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Put strips of one width below each other, columns side by side."""
    corners = np.zeros((len(strips), LEVELS, 2))
    x = height = 0
    for width in sorted({strip.shape[1] for strip in strips}):
        y = 0
        for i, strip in enumerate(strips):
            if strip.shape[1] == width:
                sides = _STORED * periods[i] * 0.5 ** np.arange(LEVELS)
                corners[i, :, 0] = x + np.concatenate(
                    [[0], sides.cumsum()[:-1]]
                )
                corners[i, :, 1] = y
                y += strip.shape[0]
        x, height = x + width, max(height, y)
    return corners, (height, x)
