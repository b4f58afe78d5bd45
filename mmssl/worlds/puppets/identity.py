"""A person who stays the same in every scene: body, clothes, belongings."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mmssl.worlds.puppets.skeleton import Proportions
from mmssl.worlds.puppets.wardrobe import Wardrobe

AGES = ('child', 'adult', 'old')


class Identity(NamedTuple):
    """A person.

    Attributes:
        female: Else male.
        age: One of :data:`AGES`.
        stature: Height against that of an adult of the scene.
        proportions: Of the body.
        wardrobe: What is worn and carried.

    Example:
        >>> first, again = (
        ...     Identity.draw(np.random.default_rng(7)) for _ in range(2)
        ... )
        >>> first.proportions == again.proportions
        True
        >>> first.wardrobe.upper_kind == again.wardrobe.upper_kind
        True
    """

    female: bool
    age: str
    stature: float
    proportions: Proportions
    wardrobe: Wardrobe

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Identity:
        """Draw a person; equal states of ``rng`` give equal persons."""
        female = bool(rng.random() < 0.5)
        age = AGES[rng.choice(3, p=[0.15, 0.65, 0.2])]
        child = age == 'child'
        stature = rng.uniform(0.55, 0.85) if child else rng.normal(1, 0.04)
        return cls(
            female=female,
            age=age,
            stature=float(np.clip(stature, 0.5, 1.12)),
            proportions=_proportions(rng, female, child),
            wardrobe=Wardrobe.draw(rng, female, age),
        )


def _proportions(
    rng: np.random.Generator, female: bool, child: bool
) -> Proportions:
    def near(value: float, spread: float = 0.04) -> float:
        return float(value * np.clip(rng.normal(1, spread), 0.85, 1.15))

    head = near(0.175 if child else 0.135)
    # What the head takes of the height, trunk and legs have less.
    rest = 1 - (head - 0.135)
    wide = 0.092 if female else 0.108
    return Proportions(
        leg=near(0.455 if child else 0.475) * rest,
        foot=near(0.14),
        torso=near(0.30) * rest,
        neck=near(0.035, 0.1),
        head=head,
        arm=near(0.325) * rest,
        hand=near(0.085),
        shoulder=near(0.095 if child else wide, 0.06),
        hip=near(0.052 if female else 0.046, 0.06),
        girth=float(np.exp(rng.normal(0.0, 0.14))),
        hem=float(rng.uniform(0.1, 0.36)),
        bag=float(rng.uniform(0.2, 0.36)),
        bag_side=float(rng.choice([-1, 1])),
        hair=float(rng.uniform(0.0, 0.2)),
    )
