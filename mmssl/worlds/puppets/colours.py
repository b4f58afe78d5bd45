"""Colours of skin, hair and cloth, drawn so that none tells a part."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_SKIN = np.array(
    [
        [62, 40, 30],
        [110, 72, 50],
        [160, 112, 82],
        [205, 155, 122],
        [240, 205, 180],
    ],
    float,
)
_HAIR = np.array(
    [
        *([22, 18, 17], [45, 32, 26], [84, 56, 36], [122, 86, 50]),
        *([190, 158, 104], [128, 52, 30], [150, 148, 146], [214, 212, 208]),
    ],
    float,
)
_GREY = 6  # first grey of hair


def draw_skin(rng: np.random.Generator) -> Array:
    """Draw a colour of skin, (3,) float64 RGB in [0, 255]."""
    place = rng.uniform(0, len(_SKIN) - 1)
    low = min(int(place), len(_SKIN) - 2)
    mixed = _SKIN[low] + (place - low) * (_SKIN[low + 1] - _SKIN[low])
    return np.clip(mixed * rng.uniform(0.93, 1.07, 3), 0, 255)


def draw_hair(rng: np.random.Generator, old: bool) -> Array:
    """Draw a colour of hair, grey for most of the old, (3,) float64 RGB."""
    first = _GREY if old and rng.random() < 0.8 else 0
    last = len(_HAIR) if old else _GREY
    return np.clip(
        _HAIR[rng.integers(first, last)] * rng.uniform(0.8, 1.2, 3), 0, 255
    )


def draw_cloth(rng: np.random.Generator) -> Array:
    """Draw a colour of cloth: any hue, many dull, some like skin."""
    kind = rng.random()
    if kind < 0.1:
        return draw_skin(rng)
    saturation = rng.uniform(0, 0.15) if kind < 0.35 else rng.beta(1.6, 1.6)
    value = rng.uniform(0.12, 0.97)
    rgb = colorsys.hsv_to_rgb(rng.random(), saturation, value)
    return 255 * np.array(rgb)


def draw_second(rng: np.random.Generator, first: Array) -> Array:
    """Draw a colour that differs clearly from a first one."""
    drawn = np.stack([draw_cloth(rng) for _ in range(3)])
    far = np.linalg.norm(drawn - first, axis=1)
    return drawn[far.argmax()]


def draw_scenery(rng: np.random.Generator) -> Array:
    """Draw three colours that go together, (3, 3): a surface outdoors."""
    hue, value = rng.random(), rng.uniform(0.25, 0.9)
    saturation = rng.beta(1.3, 3.0)
    out = []
    for _ in range(3):
        turned = (hue + rng.normal(0, 0.06)) % 1.0
        dull = np.clip(saturation + rng.normal(0, 0.12), 0, 1)
        light = np.clip(value + rng.normal(0, 0.22), 0.05, 1)
        out.append(colorsys.hsv_to_rgb(turned, float(dull), float(light)))
    return 255 * np.array(out)
