"""Patterns of what is around people: walls, ground, leaves, sky."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from mmssl.worlds.puppets.tiles import SCENERY_PERIOD, periodic_noise

Array = NDArray[np.float64]


def scenery_tiles() -> dict[str, Array]:
    """Return the tiles, (period, period, 2) in [0, 1], by name."""
    makers: dict[str, Callable[[np.random.Generator], Array]] = dict(
        clouds=_clouds,
        bricks=_bricks,
        planks=_planks,
        pavement=_pavement,
        grass=_grass,
        foliage=_foliage,
        facade=_facade,
        rubble=_rubble,
        asphalt=_asphalt,
        posters=_posters,
    )
    return {
        name: make(np.random.default_rng([12, i]))
        for i, (name, make) in enumerate(makers.items())
    }


def _noise(rng: np.random.Generator, power: float, cut: float = 0.5) -> Array:
    return periodic_noise(rng, SCENERY_PERIOD, power, cut)


def _two(first: Array, second: Array) -> Array:
    return np.clip(np.stack([first, second], axis=-1), 0, 1)


def _grid() -> tuple[Array, Array]:
    rows, cols = np.mgrid[:SCENERY_PERIOD, :SCENERY_PERIOD].astype(float)
    return rows, cols


def _blocks(
    rng: np.random.Generator, height: int, width: int, shift: float, gap: float
) -> tuple[Array, Array]:
    """Return a value of each block of a wall, and where its joints are."""
    rows, cols = _grid()
    row = (rows // height).astype(int)
    moved = cols + np.where(row % 2 == 1, shift * width, 0.0)
    moved = np.mod(moved, float(SCENERY_PERIOD))
    col = (moved // width).astype(int)
    values = rng.random((SCENERY_PERIOD // height, SCENERY_PERIOD // width))
    edge = np.minimum(rows % height, moved % width)
    return values[row, col], np.clip(gap - edge, 0, 1)


def _clouds(rng: np.random.Generator) -> Array:
    return _two(1.6 * _noise(rng, 1.9) - 0.3, _noise(rng, 1.6))


def _bricks(rng: np.random.Generator) -> Array:
    value, joint = _blocks(rng, 16, 32, 0.5, 2)
    first = 0.6 * value + 0.5 * _noise(rng, 0.8) - 0.1
    return _two(first * (1 - joint), joint)


def _planks(rng: np.random.Generator) -> Array:
    value, joint = _blocks(rng, 256, 32, 0, 2)
    rings = _noise(rng, 1.3)
    rings = np.repeat(rings[::8], 8, axis=0)
    first = 0.5 * value + 0.5 * rings + 0.2 * (_noise(rng, 0.5) - 0.5)
    return _two(first, joint)


def _pavement(rng: np.random.Generator) -> Array:
    value, joint = _blocks(rng, 64, 64, 0.5, 2)
    first = 0.4 * value + 0.6 * _noise(rng, 0.9)
    return _two(first * (1 - joint), 0.8 * joint)


def _grass(rng: np.random.Generator) -> Array:
    first = 0.6 * _noise(rng, 0.5) + 0.5 * _noise(rng, 1.8)
    return _two(first, np.clip(3 * (_noise(rng, 0.7) - 0.6), 0, 1))


def _foliage(rng: np.random.Generator) -> Array:
    leaves = np.clip(4 * (_noise(rng, 0.9, 0.12) - 0.45), 0, 1)
    return _two(leaves, np.clip(5 * (_noise(rng, 1.2, 0.2) - 0.6), 0, 1))


def _facade(rng: np.random.Generator) -> Array:
    rows, cols = _grid()
    y, x = rows % 64, cols % 42.666
    window = (abs(y - 32) < 19) & (abs(x - 21) < 13)
    frame = (abs(y - 32) < 22) & (abs(x - 21) < 16) & ~window
    bars = window & ((abs(x - 21) < 1.2) | (abs(y - 24) < 1.2))
    glass = 0.9 - 0.35 * _noise(rng, 1.8)
    first = np.where(window & ~bars, glass, 0.35 * _noise(rng, 1.0))
    return _two(first, (frame | bars).astype(float))


def _rubble(rng: np.random.Generator) -> Array:
    """Cells around scattered stones, each of one tone."""
    centres = rng.uniform(0, SCENERY_PERIOD, (90, 2))
    tones = rng.random(90)
    tree = cKDTree(centres, boxsize=SCENERY_PERIOD)
    near, index = tree.query(np.stack(_grid(), axis=-1), k=2)
    tone = tones[index[..., 0]]
    joint = np.clip(2.5 - (near[..., 1] - near[..., 0]), 0, 1)
    first = 0.7 * tone + 0.4 * _noise(rng, 0.9)
    return _two(first * (1 - joint), 0.8 * joint)


def _asphalt(rng: np.random.Generator) -> Array:
    first = 0.5 * _noise(rng, 0.2) + 0.5 * _noise(rng, 1.8)
    rows, _ = _grid()
    line = np.clip(7 - abs(rows - 128), 0, 1) * (_noise(rng, 1.0) > 0.3)
    return _two(first, 0.9 * line)


def _posters(rng: np.random.Generator) -> Array:
    """Overlapping rectangles of flat tones: shop fronts, paper, signs."""
    first, second = 0.4 * _noise(rng, 1.5), np.zeros((256, 256))
    for _ in range(40):
        y, x = rng.integers(0, SCENERY_PERIOD, 2)
        h, w = rng.integers(12, 70, 2)
        rows = np.arange(y, y + h)[:, None] % SCENERY_PERIOD
        cols = np.arange(x, x + w) % SCENERY_PERIOD
        target = first if rng.random() < 0.6 else second
        target[rows, cols] = rng.random()
    return _two(first, second)
