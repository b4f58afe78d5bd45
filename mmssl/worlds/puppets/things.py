"""What stands and moves around people: balls, boxes, signs, clutter."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.colours import draw_scenery
from mmssl.worlds.puppets.parts import OBJECT_CATEGORIES
from mmssl.worlds.puppets.shapes import Outline, profile, tube
from mmssl.worlds.puppets.wardrobe import Cloth

Array = NDArray[np.float64]
_WALLS = ('facade', 'bricks', 'planks', 'foliage', 'posters', 'clouds')
_COATINGS = (
    'posters',
    'planks',
    'checks',
    'stripes',
    'plain',
    'logo',
    'plaid',
)


class Thing(NamedTuple):
    """A stiff thing: an axis with an outline around it.

    Attributes:
        category: ``'ball'``, ``'box'``, ``'sign'``, or ``''``: clutter
            without a name.
        outline: On its axis, in units of its height.
        cloth: Its surface.
        round: It is shaded like a tube.
        ratio: Half-width over height.
        height: Statures.
        lift: Of its foot above the ground, statures.
        tilt: (3,) rad at t = 0, per unit of time, and swing.
        speed: To the right, statures per unit of time.
    """

    category: str
    outline: Outline
    cloth: Cloth
    round: bool
    ratio: float
    height: float
    lift: float
    tilt: Array
    speed: float


def draw_thing(rng: np.random.Generator) -> Thing:
    """Draw a ball, a box or a sign; some move."""
    category = OBJECT_CATEGORIES[rng.integers(len(OBJECT_CATEGORIES))]
    pattern = _COATINGS[rng.integers(len(_COATINGS))]
    cloth = Cloth(pattern, 255 * rng.random((3, 3)), rng.uniform(0.6, 1.6))
    speed = float(rng.normal(0, 0.012) * (rng.random() < 0.5))
    tilt = np.zeros(3)
    if category == 'ball':
        height = rng.uniform(0.12, 0.35)
        outline, ratio, lift = _disc(), 0.5, rng.uniform(0, 0.5)
        # A ball that moves rolls.
        tilt = np.array([rng.uniform(-3, 3), 2 * speed / height, 0])
    elif category == 'box':
        height, ratio = rng.uniform(0.2, 0.6), rng.uniform(0.3, 0.9)
        outline, lift = tube(profile([ratio]), caps=(0, 0)), 0.0
        tilt[2] = rng.normal(0, 0.05)
    else:
        height, ratio = rng.uniform(0.7, 1.15), rng.uniform(0.12, 0.25)
        outline, lift = _sign(ratio, rng.random() < 0.5), 0.0
        tilt[0], speed = rng.normal(0, 0.05), 0.0
    return Thing(
        category,
        outline,
        cloth,
        round=category == 'ball',
        ratio=float(ratio),
        height=float(height),
        lift=float(lift),
        tilt=tilt,
        speed=speed,
    )


def draw_clutter(rng: np.random.Generator) -> Thing:
    """Draw what stands still behind or beside people: walls, trunks, poles."""
    kind = rng.integers(4)
    pattern = _WALLS[rng.integers(len(_WALLS))]
    cloth = Cloth(pattern, draw_scenery(rng), float(rng.uniform(0.6, 1.5)))
    if kind == 0:  # a house
        height, ratio, caps = rng.uniform(1.2, 3), rng.uniform(0.25, 0.8), 0.0
    elif kind == 1:  # a trunk or pole
        height, ratio, caps = rng.uniform(1, 2.5), rng.uniform(0.02, 0.06), 0.0
    elif kind == 2:  # a bush
        height, ratio, caps = rng.uniform(0.3, 0.8), rng.uniform(0.3, 0.8), 0.8
    else:  # limb-like: a rail, a bin, a bollard
        height, ratio, caps = (
            rng.uniform(0.2, 0.6),
            rng.uniform(0.06, 0.4),
            0.5,
        )
    lean = rng.normal(0, 0.02 if kind else 0.0)
    return Thing(
        '',
        tube(profile([ratio]), caps=(caps, 0.05)),
        cloth,
        round=kind in (1, 3),
        ratio=float(ratio),
        height=float(height),
        lift=0.0,
        tilt=np.array([lean, 0, 0]),
        speed=0.0,
    )


def _disc() -> Outline:
    return tube(profile([0.5]), 0.5, 0.5, (1, 1))


def _sign(ratio: float, round_: bool) -> Outline:
    """Outline a plate on a pole, going down its left side."""
    plate = 2 * ratio
    pole = 0.03
    end = plate + 0.02
    if round_:
        turn = np.linspace(0.5 * np.pi, -0.42 * np.pi, 8)
        across, down = np.cos(turn), 0.5 * plate * (1 - np.sin(turn))
        across[0] = 0.02
    else:
        across = np.array([1, 1, 1, 1, 1, 1, 1, 0.15])
        down = plate * np.array([0, 0.2, 0.4, 0.6, 0.8, 0.9, 1, 1])
    half = np.concatenate([ratio * across, [pole / 2, pole / 2]])
    along = np.concatenate([down, [end, 1.0]])
    wide = np.concatenate([half, half[::-1]])
    side = np.pi / 2 * np.repeat([1.0, -1.0], len(half))
    return Outline(
        side, np.concatenate([along, along[::-1]]), 0 * wide, wide, wide
    )
