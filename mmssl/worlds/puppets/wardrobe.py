"""What people wear: garments, their cloth, and how they are drawn."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.colours import (
    draw_cloth,
    draw_hair,
    draw_second,
    draw_skin,
)

Array = NDArray[np.float64]
# Patterns of cloth by the name of their tile; 'bars' are stripes turned.
UPPER_PATTERNS = (
    *('plain', 'plain', 'plain', 'stripes', 'bars', 'plaid'),
    *('dots', 'flowers', 'splice', 'checks', 'blotches', 'logo'),
)
LOWER_PATTERNS = (
    *('plain', 'plain', 'denim', 'denim', 'plain', 'bars'),
    *('blotches', 'plaid', 'flowers', 'dots'),
)


class Cloth(NamedTuple):
    """A surface: three colours mixed by a pattern.

    Attributes:
        pattern: Name of the pattern.
        colours: (3, 3) float64 RGB in [0, 255]: ground and the two that the
            pattern's two channels lead to.
        size: Of the pattern, 1 = usual.
    """

    pattern: str
    colours: Array
    size: float = 1.0


class Wardrobe(NamedTuple):
    """What a person wears and carries; None: nothing of the kind.

    Attributes:
        upper_kind: ``'shirt'``, ``'coat'``, ``'dress'`` or ``'jumpsuit'``.
        upper: Its cloth.
        inner: Cloth of the shirt under an open coat.
        sleeves: 0 none, 1 short, 2 long.
        lower_kind: ``'trousers'``, ``'shorts'``, ``'skirt'``, or ``''``
            under a dress or jumpsuit.
        lower: Its cloth.
        shoes: Cloth of the shoes.
        boots: The shoes reach up the shins.
        socks: Long socks.
        gloves: Cloth of gloves.
        hat_kind: ``'cap'``, ``'brim'``, ``'beanie'`` or ``''``.
        hat: Cloth of the hat.
        glasses: Cloth of sunglasses.
        scarf: Cloth of a scarf.
        backpack: Cloth of a backpack.
        shoulder_bag: Cloth of a bag on a strap.
        handbag: Cloth of a bag in a hand.
        held: Cloth of what both hands hold in front of the body.
        band: Cloth of a band around one upper arm.
        band_left: The band is on the left arm.
        skin: Cloth of the skin.
        face: Cloth of the face.
        hair_kind: ``'short'``, ``'long'``, ``'bald'``.
        hair: Cloth of the hair.
    """

    upper_kind: str
    upper: Cloth
    inner: Cloth | None
    sleeves: int
    lower_kind: str
    lower: Cloth
    shoes: Cloth
    boots: bool
    socks: Cloth | None
    gloves: Cloth | None
    hat_kind: str
    hat: Cloth
    glasses: Cloth | None
    scarf: Cloth | None
    backpack: Cloth | None
    shoulder_bag: Cloth | None
    handbag: Cloth | None
    held: Cloth | None
    band: Cloth | None
    band_left: bool
    skin: Cloth
    face: Cloth
    hair_kind: str
    hair: Cloth

    @classmethod
    def draw(
        cls, rng: np.random.Generator, female: bool, age: str
    ) -> Wardrobe:
        """Draw everything; what is likely hangs on sex and age."""
        skin = draw_skin(rng)
        hair = draw_hair(rng, age == 'old')
        upper_kind = _upper_kind(rng, female)
        lower_kind = _lower_kind(rng, female, upper_kind)
        hat_kind = ('cap', 'brim', 'beanie')[rng.integers(3)]
        band_left = bool(rng.random() < 0.5)
        return cls(
            upper_kind=upper_kind,
            upper=_cloth(rng, UPPER_PATTERNS),
            inner=_maybe(rng, 0.6 * (upper_kind == 'coat')),
            sleeves=2 if upper_kind == 'coat' else int(rng.integers(3)),
            lower_kind=lower_kind,
            lower=_cloth(rng, LOWER_PATTERNS),
            shoes=_cloth(rng, ('leather',)),
            boots=bool(rng.random() < 0.2),
            socks=_maybe(rng, 0.35),
            gloves=_maybe(rng, 0.12),
            hat_kind=hat_kind if rng.random() < 0.3 else '',
            hat=_cloth(rng, ('plain', 'stripes', 'plain', 'blotches')),
            glasses=_maybe(rng, 0.22, ('leather',), dark=True),
            scarf=_maybe(rng, 0.15, ('plain', 'stripes', 'plaid')),
            backpack=_maybe(rng, 0.22),
            shoulder_bag=_maybe(rng, 0.2, ('leather', 'plain', 'checks')),
            handbag=_maybe(rng, 0.2, ('leather', 'plain')),
            held=_maybe(rng, 0.1, ('logo', 'plain', 'checks')),
            band=_maybe(rng, 0.3),
            band_left=band_left,
            skin=Cloth('skin', _tones(skin, 0.8, 1.1)),
            face=_face(rng, skin, hair, female or age == 'child'),
            hair_kind=_hair_kind(rng, female, age),
            hair=Cloth('strands', _tones(hair, 1.6, 0.7)),
        )


def limb_cloth(cloth: Cloth) -> Cloth:
    """Return a cloth as limbs have it: what a chest bears once, plain."""
    if cloth.pattern != 'logo':
        return cloth
    return Cloth('plain', _tones(cloth.colours[0], 0.75, 1.2), cloth.size)


def _tones(colour: Array, second: float, third: float) -> Array:
    """Return a colour and two shades of it, (3, 3)."""
    return np.minimum(np.outer([1.0, second, third], colour), 255)


def _face(
    rng: np.random.Generator, skin: Array, hair: Array, smooth: bool
) -> Cloth:
    """Draw skin with eyes and brows in a dark colour, lips in a red one."""
    lips = np.clip(skin * [0.95, 0.55, 0.55], 0, 255)
    dark = 0.35 * np.minimum(hair, skin)
    beard = not smooth and rng.random() < 0.35
    if beard:
        lips = hair
    name = 'face_beard' if beard else f'face_{rng.integers(2)}'
    return Cloth(name, np.stack([skin, dark, lips]))


def _cloth(
    rng: np.random.Generator, patterns: tuple[str, ...], dark: bool = False
) -> Cloth:
    pattern = patterns[rng.integers(len(patterns))]
    first = draw_cloth(rng) * (0.2 if dark else 1.0)
    second = draw_second(rng, first)
    if pattern in ('plain', 'denim', 'leather'):
        tones = _tones(first, rng.uniform(0.6, 0.85), rng.uniform(1.1, 1.4))
    else:
        tones = np.stack([first, second, draw_cloth(rng)])
    return Cloth(pattern, tones, float(rng.uniform(0.7, 1.5)))


def _maybe(
    rng: np.random.Generator,
    share: float,
    patterns: tuple[str, ...] = UPPER_PATTERNS,
    dark: bool = False,
) -> Cloth | None:
    """Draw a cloth in a share of cases, else nothing."""
    return _cloth(rng, patterns, dark) if rng.random() < share else None


def _upper_kind(rng: np.random.Generator, female: bool) -> str:
    shares = [0.5, 0.22, 0.22, 0.06] if female else [0.68, 0.26, 0.0, 0.06]
    kinds = ('shirt', 'coat', 'dress', 'jumpsuit')
    return kinds[rng.choice(4, p=shares)]


def _lower_kind(rng: np.random.Generator, female: bool, upper: str) -> str:
    if upper in ('dress', 'jumpsuit'):
        return ''
    shares = [0.5, 0.2, 0.3] if female else [0.75, 0.25, 0.0]
    return ('trousers', 'shorts', 'skirt')[rng.choice(3, p=shares)]


def _hair_kind(rng: np.random.Generator, female: bool, age: str) -> str:
    if female:
        return 'long' if rng.random() < 0.75 else 'short'
    bald = 0.35 if age == 'old' else 0.1 if age == 'adult' else 0.0
    kind = rng.random()
    return 'bald' if kind < bald else 'long' if kind > 0.9 else 'short'
