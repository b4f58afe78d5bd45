"""Patterns of surfaces as periodic tiles, made once from fixed seeds.

Each is (period, period, 2) float in [0, 1]: how far a surface goes from its
first colour towards its second and third.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, rfft2

Array = NDArray[np.float64]
CLOTH_PERIOD = 128
SCENERY_PERIOD = 256


def periodic_noise(
    rng: np.random.Generator, period: int, power: float, cut: float = 0.5
) -> Array:
    """Return noise that repeats, in [0, 1], (period, period).

    Its amplitude falls as 1 / frequency^power; frequencies above ``cut``
    (cycles per texel) are left out.
    """
    rows = np.fft.fftfreq(period)[:, None]
    radius = np.hypot(rows, np.fft.rfftfreq(period))
    gain = np.where(
        radius > cut, 0.0, np.maximum(radius, 1 / period) ** -power
    )
    gain[0, 0] = 0.0
    noise = irfft2(rfft2(rng.normal(size=(period, period))) * gain)
    return np.clip(0.5 + 0.2 * noise / noise.std(), 0, 1)


def cloth_tiles() -> dict[str, Array]:
    """Return the tiles of cloth, skin, hair and faces by name."""
    makers: dict[str, Callable[[np.random.Generator], Array]] = dict(
        plain=_plain,
        stripes=_stripes,
        plaid=_plaid,
        dots=_dots,
        flowers=_flowers,
        splice=_splice,
        checks=_checks,
        blotches=_blotches,
        logo=_logo,
        denim=_denim,
        leather=_leather,
        skin=_skin,
        strands=_strands,
        face_0=lambda rng: _face(rng, 0),
        face_1=lambda rng: _face(rng, 1),
        face_beard=lambda rng: _face(rng, 2),
    )
    return {
        name: make(np.random.default_rng([11, i]))
        for i, (name, make) in enumerate(makers.items())
    }


def _grid(period: int = CLOTH_PERIOD) -> tuple[Array, Array]:
    rows, cols = np.mgrid[:period, :period].astype(float)
    return rows, cols


def _fine(rng: np.random.Generator) -> Array:
    """Return folds and threads, weak."""
    folds = periodic_noise(rng, CLOTH_PERIOD, 1.6)
    threads = periodic_noise(rng, CLOTH_PERIOD, 0.3)
    return 0.7 * folds + 0.3 * threads


def _two(first: Array, second: Array) -> Array:
    return np.clip(np.stack([first, second], axis=-1), 0, 1)


def _plain(rng: np.random.Generator) -> Array:
    fine = _fine(rng)
    return _two(1.2 * fine - 0.1, 0.8 * np.maximum(fine[::-1] - 0.5, 0))


def _wear(pattern: Array, rng: np.random.Generator) -> Array:
    """Put folds over a pattern of one channel."""
    fine = _fine(rng)
    return _two(pattern + 0.5 * (fine - 0.5), 0.6 * np.maximum(fine - 0.55, 0))


def _stripes(rng: np.random.Generator) -> Array:
    rows, _ = _grid()
    wave = np.sin(2 * np.pi * rows / 16)
    return _wear(np.clip(2 * wave + 0.5, 0, 1), rng)


def _plaid(rng: np.random.Generator) -> Array:
    rows, cols = _grid()
    bars = [
        np.clip(3 * np.sin(2 * np.pi * x / 32), 0, 1) for x in (rows, cols)
    ]
    off = np.minimum(np.abs(rows % 32 - 24), np.abs(cols % 32 - 24))
    line = 0.9 * np.clip(2 - off, 0, 1)
    first = (bars[0] + bars[1]) / 2 + 0.3 * (_fine(rng) - 0.5)
    return _two(first, line)


def _dots(rng: np.random.Generator) -> Array:
    rows, cols = _grid()
    shift = 8 * (np.floor(rows / 16) % 2)
    far = np.hypot(rows % 16 - 8, (cols + shift) % 16 - 8)
    return _wear(np.clip(5.5 - far, 0, 1), rng)


def _flowers(rng: np.random.Generator) -> Array:
    rows, cols = _grid()
    petals, hearts = np.zeros_like(rows), np.zeros_like(rows)
    half = CLOTH_PERIOD / 2
    for y, x in rng.uniform(0, CLOTH_PERIOD, (26, 2)):
        dy = (rows - y + half) % CLOTH_PERIOD - half
        dx = (cols - x + half) % CLOTH_PERIOD - half
        turn = 2.5 + np.cos(5 * np.arctan2(dy, dx) + y)
        petals = np.maximum(
            petals, np.clip(2.6 * turn - np.hypot(dy, dx), 0, 1)
        )
        hearts = np.maximum(hearts, np.clip(3.5 - np.hypot(dy, dx), 0, 1))
    return _two(petals * (1 - hearts) + 0.3 * (_fine(rng) - 0.5), hearts)


def _splice(rng: np.random.Generator) -> Array:
    rows, _ = _grid()
    block = np.clip(32 - np.abs(rows - 80), 0, 1)
    line = np.clip(3 - np.abs(np.abs(rows - 80) - 33), 0, 1)
    return _two(block + 0.3 * (_fine(rng) - 0.5), line)


def _checks(rng: np.random.Generator) -> Array:
    rows, cols = _grid()
    return _wear(((rows // 16 + cols // 16) % 2).astype(float), rng)


def _blotches(rng: np.random.Generator) -> Array:
    clouds = [periodic_noise(rng, CLOTH_PERIOD, 1.9, 0.12) for _ in range(2)]
    return _two(*(np.clip(14 * (c - 0.52), 0, 1) for c in clouds))


def _logo(rng: np.random.Generator) -> Array:
    """Draw a print in the middle of a plain chest."""
    rows, cols = _grid()
    y, x = rows - 34, cols - CLOTH_PERIOD / 2
    disc: Array = np.clip(15 - np.hypot(y, x), 0, 1)
    bar: Array = np.clip(4.5 - np.abs(y), 0, 1) * np.clip(20 - np.abs(x), 0, 1)
    return _two(disc + 0.4 * (_fine(rng) - 0.5) * (1 - disc), bar)


def _denim(rng: np.random.Generator) -> Array:
    rows, cols = _grid()
    twill = 0.5 + 0.5 * np.sin(2 * np.pi * (rows + cols) / 4)
    worn = periodic_noise(rng, CLOTH_PERIOD, 1.8)
    seam = np.clip(2 - np.abs(cols - 30), 0, 1)
    return _two(0.35 * twill + 0.6 * (1 - worn), np.maximum(seam, worn - 0.4))


def _leather(rng: np.random.Generator) -> Array:
    grain = periodic_noise(rng, CLOTH_PERIOD, 1.2)
    return _two(grain, np.clip(4 * (grain[:, ::-1] - 0.72), 0, 1))


def _skin(rng: np.random.Generator) -> Array:
    return _two(
        0.8 * periodic_noise(rng, CLOTH_PERIOD, 1.9),
        0.5 * periodic_noise(rng, CLOTH_PERIOD, 1.0),
    )


def _strands(rng: np.random.Generator) -> Array:
    noise = periodic_noise(rng, CLOTH_PERIOD, 0.8)
    long = cv2.blur(np.tile(noise, (3, 1)), (1, 21))
    long = long[CLOTH_PERIOD : 2 * CLOTH_PERIOD]
    return _two(4 * (long - 0.5), 4 * (0.5 - long))


def _face(rng: np.random.Generator, kind: int) -> Array:
    """Draw eyes, brows and mouth around the column of the nose.

    A head is one period around and about 0.43 of one high.
    """
    rows, cols = _grid()
    x, y = np.abs(cols - CLOTH_PERIOD / 2), rows
    eye = np.hypot((x - 8.5) / 3.6, (y - 29) / 1.9)
    brow = np.hypot((x - 8.5) / 5.0, (y - 24 + kind) / 1.3)
    nose = np.hypot(x / 2.6, (y - 38) / 1.1)
    dark = np.clip(2.5 * (1.2 - np.minimum(np.minimum(eye, brow), nose)), 0, 1)
    dark[y > 60] = 0
    shade = 0.18 * np.clip((x - 14) / 10, 0, 1)
    lips = np.hypot(x / (6.5 - kind), (y - 45) / 1.8)
    red = np.clip(2.5 * (1.2 - lips), 0, 1)
    cheeks = 0.35 * np.exp(-np.square(np.hypot(x - 13, y - 39) / 5))
    if kind == 2:
        jaw = (y > 40) & (y < 62) & (x < 24)
        cheeks = np.where(jaw, 0.75, cheeks)
        red = np.where(lips < 1.0, 0.3, 0) + 0 * red
        cheeks = np.where(lips < 1.0, 0, cheeks)
    grain = 0.1 * periodic_noise(rng, CLOTH_PERIOD, 1.0)
    return _two(dark + shade + grain, red + cheeks)
