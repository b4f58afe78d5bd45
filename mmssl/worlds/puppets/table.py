"""All pieces of a scene as arrays, one row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.atlas import LEVELS, Atlas
from mmssl.worlds.puppets.body import Piece
from mmssl.worlds.puppets.shapes import Outline

Array = NDArray[np.float64]
# Texels of a tile to one stature, at the usual size of a pattern.
_DENSITY = 300.0
# Patterns that are a tile turned by a quarter.
_TURNED = dict(bars='stripes')


class PieceTable(NamedTuple):
    """P pieces; see :class:`~.body.Piece` for the first ones.

    Attributes:
        start, end: (P,) int, rows of all joints of the scene.
        owner: (P,) int, row of what they belong to: people, then things.
        azimuth, along, beyond, wide, deep: (P, 20) outlines.
        centre, rolls: (P,) of the same.
        part: (P,) uint8.
        length, radius, above, weight: (P,) float64, statures.
        turns: (P,) int.
        spreads: (P,) float64, 1 or 0.
        shade: (P,) float64, how round they look.
        colours: (P, 3, 3) float64 RGB: ground, and what is added at the
            full value of each channel.
        corner: (P, 2) first texel of their tile, x and y.
        period: (P,) texels.
        density: (P,) texels per stature.
        spin: (P, 2) cosine and sine of the pattern's turn.
        phase: (P, 2) texels, where the pattern begins.
    """

    start: NDArray[np.int64]
    end: NDArray[np.int64]
    owner: NDArray[np.int64]
    azimuth: Array
    along: Array
    beyond: Array
    wide: Array
    deep: Array
    centre: Array
    rolls: Array
    part: NDArray[np.uint8]
    length: Array
    radius: Array
    above: Array
    weight: Array
    turns: NDArray[np.int64]
    spreads: Array
    shade: Array
    colours: Array
    corner: Array
    period: Array
    density: Array
    spin: Array
    phase: Array


class Owned(NamedTuple):
    """Pieces of one person or thing.

    Attributes:
        pieces: With joints counted from 0.
        first_joint: Added to those.
        owner: Row of the person or thing.
        px: Pixels to a stature, for the scale of textures.
        stiff: Its patterns lie flat: no shading of round things.
    """

    pieces: Sequence[Piece]
    first_joint: int
    owner: int
    px: float
    stiff: bool = False


def piece_table(
    groups: Sequence[Owned], sheet: Atlas, rng: np.random.Generator
) -> PieceTable:
    """Lay pieces out as arrays.

    Args:
        groups: Everything but the backdrop, in any order.
        sheet: Where the patterns are.
        rng: Draws where patterns of things begin; those of people depend on
            the pattern alone, so that clothes look the same everywhere.
    """
    pieces = [piece for group in groups for piece in group.pieces]
    spread = np.repeat(np.arange(len(groups)), [len(g.pieces) for g in groups])
    first = np.array([g.first_joint for g in groups])[spread]
    outlines = [
        np.stack([getattr(p.outline, f) for p in pieces]) for f in _EDGE
    ]
    colours = np.stack([p.cloth.colours for p in pieces])
    colours[:, 1:] -= colours[:, :1]
    stiff = np.array([g.stiff for g in groups])[spread]
    tile = np.array(
        [
            sheet.number(_TURNED.get(p.cloth.pattern, p.cloth.pattern))
            for p in pieces
        ]
    )
    px = np.array([g.px for g in groups])[spread]
    corner, period, density = _textures(pieces, tile, sheet, px)
    turned = np.array([p.cloth.pattern in _TURNED for p in pieces])
    spin = np.where(turned[:, None], [0.0, 1.0], [1.0, 0.0])
    phase = np.zeros((len(pieces), 2))
    phase[:, 0] = period / 2
    start = rng.uniform(0, 1, phase.shape) * period[:, None]
    phase = np.where(stiff[:, None], start, phase)
    return PieceTable(
        first + np.array([p.start for p in pieces]),
        first + np.array([p.end for p in pieces]),
        np.array([g.owner for g in groups])[spread],
        *outlines,
        np.array([p.part for p in pieces], np.uint8),
        *(_floats(pieces, f) for f in ('length', 'radius', 'above', 'weight')),
        np.array([p.turns for p in pieces]),
        _floats(pieces, 'spreads'),
        np.where(stiff, 0.25, 1.0),
        *(colours, corner, period, density, spin, phase),
    )


_EDGE = Outline._fields


def _floats(pieces: Sequence[Piece], field: str) -> Array:
    return np.array([getattr(p, field) for p in pieces], float)


def _textures(
    pieces: Sequence[Piece], tile: NDArray, sheet: Atlas, px: Array
) -> tuple[Array, Array, Array]:
    """Choose the scale of each pattern: corner, period, density."""
    size = np.array([p.cloth.size for p in pieces])
    radius = _floats(pieces, 'radius')
    wraps = np.array([p.wraps for p in pieces])
    density = np.where(
        wraps, sheet.periods[tile] / (2 * np.pi * radius), _DENSITY / size
    )
    # What is long or wide gets a coarser pattern rather than none.
    span = _floats(pieces, 'length') * 1.5 + 3 * radius
    density = np.minimum(density, sheet.room[tile] / span)
    level = np.rint(np.log2(np.maximum(density / px, 1e-6)))
    level = np.clip(level, 0, LEVELS - 1).astype(int)
    scale = 0.5**level
    corner = sheet.corners[tile, level]
    return corner, sheet.periods[tile] * scale, density * scale
