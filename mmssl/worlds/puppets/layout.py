"""Where a scene's people and things stand, and what is behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mmssl.worlds.puppets.colours import draw_scenery
from mmssl.worlds.puppets.parts import Part
from mmssl.worlds.puppets.piece import Bone, Piece
from mmssl.worlds.puppets.shapes import profile, tube
from mmssl.worlds.puppets.stage import Ground, Standing
from mmssl.worlds.puppets.things import Thing, draw_clutter, draw_thing
from mmssl.worlds.puppets.wardrobe import Cloth

_BACKDROPS = ('clouds', 'facade', 'bricks', 'foliage', 'posters', 'planks')
_GROUNDS = ('pavement', 'grass', 'asphalt', 'rubble', 'planks', 'clouds')


class Plan(NamedTuple):
    """A scene on paper.

    Attributes:
        ground: The plane.
        people_at: Places of the people.
        things: Named things first, then clutter.
        things_at: Their places.
    """

    ground: Ground
    people_at: Standing
    things: list[Thing]
    things_at: Standing


def draw_plan(
    rng: np.random.Generator,
    statures: Sequence[float],
    aspect: float,
    heights: tuple[float, float],
    num_objects: tuple[int, int],
    num_clutter: tuple[int, int],
    centred: bool,
) -> Plan:
    """Draw who and what stands where.

    Args:
        rng: Source of everything.
        statures: Of the people, against an adult.
        aspect: Width over height of the image.
        heights: From and to, of people, heights of the frame.
        num_objects: From and to, named things.
        num_clutter: From and to, walls, trunks, bushes.
        centred: The first person stands in the middle of the frame.
    """
    count = len(statures)
    tall = rng.uniform(*heights, count)
    near = tall / (np.asarray(statures) if centred else 1.0)
    x = rng.uniform(0.08, 0.92, count) * aspect
    eye = rng.uniform(0.75, 1.25)
    foot = rng.uniform(0.82, 1.12) if count > 1 else rng.uniform(0.85, 1.0)
    if centred:
        x[0] = 0.5 * aspect + rng.normal(0, 0.02)
        foot = 0.5 + tall[0] / 2 + rng.normal(0, 0.01)
    nearest = near[0] if centred else max(near, default=0.6)
    horizon = foot - eye * nearest
    back = float(min(near, default=0.5) * rng.uniform(0.3, 0.95))
    things = [
        draw_thing(rng)
        for _ in range(rng.integers(num_objects[0], num_objects[1] + 1))
    ]
    named = len(things)
    things += [
        draw_clutter(rng)
        for _ in range(rng.integers(num_clutter[0], num_clutter[1] + 1))
    ]
    where = rng.uniform(back, 1.15 * nearest, len(things))
    # Most clutter is behind the people.
    where[named:] = rng.uniform(0.5 * back, 1.1 * back, len(things) - named)
    # Some stands before the people, unless it would hide them all.
    slim = np.array([2 * t.ratio * t.height < 0.4 for t in things], bool)
    ahead = slim & (rng.random(len(things)) < 0.15)
    where = np.where(ahead, rng.uniform(0.6, 1.2) * nearest, where)
    return Plan(
        Ground(float(horizon), float(eye), back),
        Standing(x, near),
        things,
        Standing(rng.uniform(-0.05, 1.05, len(things)) * aspect, where),
    )


def thing_piece(thing: Thing) -> Piece:
    """Return the one piece of a thing, in units of its height."""
    bone = Bone(0, 1, 1.0, thing.ratio)
    return bone.piece(thing.outline, Part.BACKGROUND, thing.cloth)


def layer_pieces(
    rng: np.random.Generator, aspect: float
) -> tuple[list[Piece], list[Piece]]:
    """Draw backdrop and ground, which fill the image."""
    out = []
    # Patterns are as fine as they can be and still reach from edge to edge.
    radius = max(0.1, (1.5 * aspect - 1.3) / 3)
    # A pattern on the ground is squeezed to half of its height.
    for names, length in ((_BACKDROPS, 1.0), (_GROUNDS, 2.0)):
        cloth = Cloth(
            names[rng.integers(len(names))],
            draw_scenery(rng),
            float(rng.uniform(0.9, 2.5)),
        )
        sheet = tube(profile([50.0]), 0, 50, (0, 0))
        bone = Bone(0, 1, length, radius)
        out.append([bone.piece(sheet, Part.BACKGROUND, cloth)])
    return out[0], out[1]
