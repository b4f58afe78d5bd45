"""Colours of skin, hair and cloth, drawn so that none tells a part."""

from __future__ import annotations

import colorsys

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_SKIN = (
    *((62, 40, 30), (110, 72, 50), (160, 112, 82), (205, 155, 122)),
    (240, 205, 180),
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
    place, *tints = rng.random(4).tolist()
    place *= len(_SKIN) - 1
    low = int(place)
    share = place - low
    return np.array(
        [
            min(255.0, (a + share * (b - a)) * (0.93 + 0.14 * tint))
            for a, b, tint in zip(_SKIN[low], _SKIN[low + 1], tints)
        ]
    )


def draw_hair(rng: np.random.Generator, old: bool) -> Array:
    """Draw a colour of hair, grey for most of the old, (3,) float64 RGB."""
    first = _GREY if old and rng.random() < 0.8 else 0
    last = len(_HAIR) if old else _GREY
    return np.clip(
        _HAIR[rng.integers(first, last)] * rng.uniform(0.8, 1.2, 3), 0, 255
    )


def draw_cloth(rng: np.random.Generator) -> Array:
    """Draw a colour of cloth: any hue, many dull, some like skin."""
    kind, hue, *spread, light = rng.random(5).tolist()
    if kind < 0.1:
        return draw_skin(rng)
    # The mean of two is seldom near 0 or 1.
    saturation = 0.15 * spread[0] if kind < 0.4 else 0.5 * sum(spread)
    rgb = colorsys.hsv_to_rgb(hue, saturation, 0.12 + 0.85 * light)
    return 255.0 * np.array(rgb, np.float64)


def draw_second(rng: np.random.Generator, first: Array) -> Array:
    """Draw a colour that differs clearly from a first one."""
    drawn = [draw_cloth(rng), draw_cloth(rng)]
    return max(drawn, key=lambda colour: float(abs(colour - first).sum()))


def draw_scenery(rng: np.random.Generator) -> Array:
    """Draw three colours that go together, (3, 3): a surface outdoors."""
    middle = [rng.random(), 0.7 * rng.beta(1.3, 2.5), rng.uniform(0.25, 0.9)]
    drawn = rng.normal(middle, [0.06, 0.12, 0.22], (3, 3))
    out = [
        colorsys.hsv_to_rgb(
            h % 1.0, min(max(s, 0.0), 1.0), min(max(v, 0.05), 1)
        )
        for h, s, v in drawn.tolist()
    ]
    return 255.0 * np.array(out, np.float64)
