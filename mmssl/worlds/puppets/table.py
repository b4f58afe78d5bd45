"""All pieces of a scene as arrays, one row each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.atlas import LEVELS, Atlas
from mmssl.worlds.puppets.piece import Piece
from mmssl.worlds.puppets.shapes import Outline

Array = NDArray[np.float64]
# Texels of a tile to one stature, at the usual size of a pattern.
_DENSITY = 300.0
# Patterns that are a tile turned by a quarter.
_TURNED = dict(bars='stripes')


class PieceTable(NamedTuple):
    """P pieces; see :class:`~.piece.Piece` for the first ones.

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
    group = np.repeat(np.arange(len(groups)), [len(g.pieces) for g in groups])
    first = np.array([g.first_joint for g in groups])[group]
    stiff = np.array([g.stiff for g in groups])[group]
    px = np.array([g.px for g in groups])[group]
    bones = np.array([p.bone for p in pieces], float)
    start, end = first + bones[:, :2].T.astype(int)
    colours = np.stack([p.cloth.colours for p in pieces])
    colours[:, 1:] -= colours[:, :1]
    texture = _textures(pieces, bones[:, 2], bones[:, 3], sheet, px)
    begin = rng.uniform(0, 1, (len(pieces), 2))
    begin = np.where(stiff[:, None], begin, [0.5, 0.0])
    outlines = [p.outline for p in pieces]
    return PieceTable(
        start=start,
        end=end,
        owner=np.array([g.owner for g in groups])[group],
        **{
            field: np.array([edge[i] for edge in outlines])
            for i, field in enumerate(Outline._fields)
        },
        part=np.array([p.part for p in pieces], np.uint8),
        length=bones[:, 2],
        radius=bones[:, 3],
        turns=bones[:, 4].astype(int),
        weight=bones[:, 5],
        above=np.array([p.above for p in pieces]),
        spreads=np.array([p.spreads for p in pieces], float),
        shade=np.where(stiff, 0.25, 1.0),
        colours=colours,
        corner=texture.corner,
        period=texture.period,
        density=texture.density,
        spin=texture.spin,
        phase=begin * texture.period[:, None],
    )


class _Textures(NamedTuple):
    """The fields of :class:`PieceTable` of these names."""

    corner: Array
    period: Array
    density: Array
    spin: Array


def _textures(
    pieces: Sequence[Piece],
    length: Array,
    radius: Array,
    sheet: Atlas,
    px: Array,
) -> _Textures:
    """Choose where and at which scale each pattern is read."""
    patterns = [p.cloth.pattern for p in pieces]
    turned = np.array([name in _TURNED for name in patterns])
    tile = np.array([sheet.number(_TURNED.get(n, n)) for n in patterns])
    size = np.array([p.cloth.size for p in pieces])
    wraps = np.array([p.wraps for p in pieces])
    density = np.where(
        wraps, sheet.periods[tile] / (2 * np.pi * radius), _DENSITY / size
    )
    # What is long or wide gets a coarser pattern rather than none.
    density = np.minimum(
        density, sheet.room[tile] / (1.5 * length + 3 * radius)
    )
    level = np.rint(np.log2(np.maximum(density / px, 1e-6)))
    level = np.clip(level, 0, LEVELS - 1).astype(int)
    scale = 0.5**level
    return _Textures(
        corner=sheet.corners[tile, level],
        period=sheet.periods[tile] * scale,
        density=density * scale,
        spin=np.where(turned[:, None], [0.0, 1.0], [1.0, 0.0]),
    )
