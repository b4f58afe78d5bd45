"""Which pieces a person is made of: skin, hair, clothes, belongings."""

from __future__ import annotations

from typing import NamedTuple

from mmssl.worlds.puppets.identity import Identity
from mmssl.worlds.puppets.parts import Part
from mmssl.worlds.puppets.shapes import Outline, Profile, patch, profile, tube
from mmssl.worlds.puppets.skeleton import Joint
from mmssl.worlds.puppets.wardrobe import Cloth

_UPPER_PART = dict(
    shirt=Part.UPPER_CLOTHES,
    coat=Part.COAT,
    dress=Part.DRESS,
    jumpsuit=Part.JUMPSUITS,
)


class Piece(NamedTuple):
    """A stiff part of a figure: an outline on the surface of a tube.

    Attributes:
        start: Joint where the axis of the tube begins.
        end: Joint where it ends.
        outline: On the tube.
        part: Its label; ``BACKGROUND``: no part of the person.
        cloth: Its surface.
        length: Of the axis, statures.
        radius: Usual half-width of the tube, statures.
        turns: What turns its surface about the axis: 0 nothing, 1 the
            body, 2 the head as well.
        above: Added to how near it is, statures: clothes over skin.
        weight: How near it is, from its start (0) to its end (1).
        spreads: Its end widens with the legs.
        wraps: The cloth's pattern goes around the tube just once: faces.
    """

    start: int
    end: int
    outline: Outline
    part: int
    cloth: Cloth
    length: float
    radius: float
    turns: int = 0
    above: float = 0.0
    weight: float = 0.5
    spreads: bool = False
    wraps: bool = False


def body_pieces(person: Identity) -> list[Piece]:
    """Return the pieces of a person; those further in front come later."""
    return [
        *_head(person),
        *_trunk(person),
        *_arm(person, True),
        *_arm(person, False),
        *_leg(person, True),
        *_leg(person, False),
        *_belongings(person),
    ]


def torso_profile(person: Identity) -> Profile:
    """Return the half-widths of a trunk from neck to hips."""
    size, girth = person.proportions, person.proportions.girth
    waist = (0.066 if person.female else 0.078) * girth
    shoulder = max(size.shoulder, 0.07 * girth + 0.01)
    return profile(
        [0.045, shoulder, 0.92 * shoulder, waist, size.hip + 0.04 * girth],
        [0.035, 0.05 * girth, 0.062 * girth, 0.055 * girth, 0.062 * girth],
        [0.0, 0.1, 0.35, 0.68, 1.0],
    )


def head_profile(person: Identity) -> Profile:
    """Return the half-widths of a head from crown to chin."""
    size = person.proportions.head
    return profile(
        [0.17 * size, 0.36 * size, 0.4 * size, 0.37 * size, 0.2 * size],
        [0.2 * size, 0.43 * size, 0.47 * size, 0.4 * size, 0.22 * size],
        [0.0, 0.22, 0.5, 0.75, 1.0],
    )


def _head(person: Identity) -> list[Piece]:
    wear, size = person.wardrobe, person.proportions.head
    skull, neck = head_profile(person), 0.034 * person.proportions.girth
    bald = wear.hair_kind == 'bald'
    common = dict(length=size, radius=0.4 * size, turns=2, weight=0.0)
    axis = (Joint.CROWN, Joint.CHIN)

    def on_head(
        outline: Outline, part: int, cloth: Cloth, above: float
    ) -> Piece:
        wraps = part == Part.FACE
        return Piece(
            *axis, outline, part, cloth, above=above, wraps=wraps, **common
        )

    # Of a bald head everything is face; hair leaves face, cheeks and chin.
    round_head = tube(skull, caps=(0.35, 0.35))
    front = patch(skull, (0, 0.66), (1.25, 0.4), 0.25)
    pieces = [
        Piece(
            *(Joint.CHIN, Joint.NECK, tube(profile(neck), -0.5, 1.2)),
            *(Part.FACE, wear.skin, 0.05, neck),
            above=-0.03,
        ),
        on_head(round_head, Part.FACE, wear.face, 0.0)
        if bald
        else on_head(round_head, Part.HAIR, wear.hair, 0.0),
    ]
    if not bald:
        pieces.append(on_head(front, Part.FACE, wear.face, 0.002))
    if wear.hair_kind == 'long':
        lock = profile([0.36 * size, 0.46 * size, 0.4 * size])
        length = size + person.proportions.hair
        pieces.append(
            Piece(
                *(Joint.HAIR_TOP, Joint.HAIR_LOW, tube(lock, 0.05)),
                *(Part.HAIR, wear.hair, length, 0.4 * size),
                turns=2,
            )
        )
    if wear.glasses is not None:
        band = patch(skull, (0, 0.52), (0.95, 0.1), 0.5)
        pieces.append(on_head(band, Part.SUNGLASSES, wear.glasses, 0.004))
    return pieces + _hat(person, skull, on_head)


def _hat(person: Identity, skull: Profile, on_head: object) -> list[Piece]:
    wear, size = person.wardrobe, person.proportions.head
    if not wear.hat_kind:
        return []
    wide = Profile(skull.along, 1.1 * skull.wide, 1.1 * skull.deep)
    end = 0.42 if wear.hat_kind == 'beanie' else 0.32
    crown = tube(wide, -0.02, end, (0.6, 0.15))
    pieces = [
        Piece(
            *(Joint.CROWN, Joint.CHIN, crown, Part.HAT, wear.hat),
            *(size, 0.44 * size, 2, 0.006, 0.0),
        )
    ]
    if wear.hat_kind == 'cap':
        visor = tube(profile(0.36 * size), -0.5, 0.35, (0.2, 0.2))
        shown = visor._replace(
            along=0.06 * visor.along + 0.3, beyond=0 * visor.beyond
        )
        pieces.append(
            Piece(
                *(Joint.VISOR, Joint.CHIN, shown, Part.HAT, wear.hat),
                *(size, 0.4 * size, 2, 0.0, 0.0),
            )
        )
    elif wear.hat_kind == 'brim':
        rim = profile(0.85 * size, 0.85 * size)
        ring = tube(rim, 0.26, 0.34, (0.05, 0.08))
        pieces.append(
            Piece(
                *(Joint.CROWN, Joint.CHIN, ring, Part.HAT, wear.hat),
                *(size, 0.8 * size, 2, 0.008, 0.0),
            )
        )
    return pieces


def _trunk(person: Identity) -> list[Piece]:
    wear, size = person.wardrobe, person.proportions
    surface = torso_profile(person)
    part = _UPPER_PART[wear.upper_kind]
    radius = float(surface.wide[1])
    axis = (Joint.NECK, Joint.PELVIS)
    lower_part, lower = _lower(person)
    common = dict(length=size.torso, radius=radius, turns=1)
    pieces = [
        Piece(
            *(*axis, tube(surface, 0.84, 1.04, (0, 0.5)), lower_part, lower),
            **dict(common, above=-0.012, weight=1.0),
        ),
        Piece(
            *(*axis, tube(surface, 0, 0.97, (0.25, 0.15)), part, wear.upper),
            **common,
        ),
    ]
    if wear.inner is not None:
        front = patch(surface, (0, 0.5), (0.4, 0.47), 0.8)
        pieces.append(
            Piece(
                *(*axis, front, Part.UPPER_CLOTHES, wear.inner),
                **dict(common, above=0.001),
            )
        )
    pieces += _hem(person)
    if wear.scarf is not None:
        wrap = tube(profile(0.062, 0.058), -0.1, 0.06, (0.3, 0.3))
        tail = patch(surface, (-0.5, 0.28), (0.28, 0.26), 0.8)
        pieces += [
            Piece(
                *(*axis, outline, Part.SCARF, wear.scarf),
                **dict(common, above=above, weight=0.0),
            )
            for outline, above in ((wrap, 0.03), (tail, 0.004))
        ]
    return pieces


def _lower(person: Identity) -> tuple[int, Cloth]:
    """Return label and cloth of what covers the hips."""
    wear = person.wardrobe
    if wear.lower_kind:
        skirt = wear.lower_kind == 'skirt'
        return Part.SKIRT if skirt else Part.PANTS, wear.lower
    return _UPPER_PART[wear.upper_kind], wear.upper


def _hem(person: Identity) -> list[Piece]:
    """Return what hangs from the hips as one: skirts, dresses, coats."""
    wear, size = person.wardrobe, person.proportions
    coat = wear.upper_kind == 'coat'
    skirt = 'skirt' in (wear.lower_kind,) or wear.upper_kind == 'dress'
    hip = size.hip + 0.045 * size.girth
    pieces = []
    for wanted, (part, cloth), length, above in (
        (skirt, _lower(person), size.hem, 0.05),
        (coat, (Part.COAT, wear.upper), 0.6 * size.hem, 0.055),
    ):
        if wanted:
            surface = profile([hip - 0.01, 1.05 * hip, 1.15 * hip])
            stretch = length / size.hem
            pieces.append(
                Piece(
                    *(Joint.PELVIS, Joint.HEM),
                    tube(surface, -0.02 / size.hem, stretch, (0.1, 0.12)),
                    *(part, cloth, size.hem, hip),
                    turns=1,
                    above=above,
                    weight=0.0,
                    spreads=True,
                )
            )
    return pieces


def _arm(person: Identity, left: bool) -> list[Piece]:
    wear, size = person.wardrobe, person.proportions
    skin = Part.LEFT_ARM if left else Part.RIGHT_ARM
    cover = _UPPER_PART[wear.upper_kind]
    shoulder, elbow, wrist, finger = (
        joint + (not left)
        for joint in (
            *(Joint.LEFT_SHOULDER, Joint.LEFT_ELBOW),
            *(Joint.LEFT_WRIST, Joint.LEFT_FINGER),
        )
    )
    upper = profile([0.030 * size.girth, 0.024 * size.girth])
    fore = profile([0.025 * size.girth, 0.018 * size.girth])
    hand = profile([0.015, 0.022, 0.016])
    pieces = []
    for k, (start, end, surface, share) in enumerate(
        ((shoulder, elbow, upper, 0.53), (elbow, wrist, fore, 0.47))
    ):
        sleeve = Profile(surface.along, *(1.2 * w for w in surface[1:]))
        covered = (0.0, 0.62, 1.0)[wear.sleeves] if k == 0 else None
        if k == 1:
            covered = 0.92 if wear.sleeves == 2 else 0.0
        axis = (share * size.arm, float(surface.wide[0]))
        above, weight = 0.004 + 0.003 * k, 0.6
        pieces.append(
            Piece(
                *(start, end, tube(surface, caps=(1, 1)), skin, wear.skin),
                *(*axis, 0, above, weight),
            )
        )
        if covered:
            outline = tube(sleeve, 0, covered, (1, 1 if covered == 1 else 0.1))
            pieces.append(
                Piece(
                    *(start, end, outline, cover, wear.upper),
                    *(*axis, 0, above + 0.001, weight),
                )
            )
        if k == 0 and wear.band is not None and left == wear.band_left:
            wide = Profile(surface.along, *(1.3 * w for w in surface[1:]))
            under = cover if wear.sleeves == 2 else skin
            pieces.append(
                Piece(
                    *(start, end, tube(wide, 0.64, 0.86, (0, 0.1)), under),
                    *(wear.band, *axis, 0, above + 0.002, weight),
                )
            )
    gloved = wear.gloves is not None
    pieces.append(
        Piece(
            *(wrist, finger, tube(hand, caps=(0.6, 1))),
            Part.GLOVE if gloved else skin,
            wear.gloves or wear.skin,
            *(size.hand, 0.02, 0, 0.006),
        )
    )
    return pieces


def _leg(person: Identity, left: bool) -> list[Piece]:
    wear, size = person.wardrobe, person.proportions
    skin = Part.LEFT_LEG if left else Part.RIGHT_LEG
    shoe = Part.LEFT_SHOE if left else Part.RIGHT_SHOE
    hip, knee, ankle, toe, heel = (
        joint + (not left)
        for joint in (
            *(Joint.LEFT_HIP, Joint.LEFT_KNEE, Joint.LEFT_ANKLE),
            *(Joint.LEFT_TOE, Joint.LEFT_HEEL),
        )
    )
    thigh = profile([0.046 * size.girth, 0.033 * size.girth])
    shin = profile([0.033 * size.girth, 0.034 * size.girth, 0.02])
    half = 0.5 * size.leg
    trousers = wear.lower_kind == 'trousers' or wear.upper_kind == 'jumpsuit'
    shorts = wear.lower_kind == 'shorts'
    part, cloth = _lower(person)
    pieces = []

    def add(
        upper: bool,
        stretch: tuple[float, float],
        grow: float,
        part: int,
        cloth: Cloth,
        above: float,
        caps: tuple[float, float] = (0.5, 0.1),
    ) -> None:
        base = thigh if upper else shin
        surface = Profile(base.along, *(grow * w for w in base[1:]))
        joints = (hip, knee) if upper else (knee, ankle)
        pieces.append(
            Piece(
                *(*joints, tube(surface, *stretch, caps), part, cloth),
                *(half, 0.04, 0, above - 0.012, 0.3),
            )
        )

    add(True, (0, 1), 1, skin, wear.skin, 0.0, (1, 1))
    add(False, (0, 1), 1, skin, wear.skin, 0.001, (1, 0.5))
    if wear.socks is not None:
        add(False, (0.6, 1), 1.12, Part.SOCKS, wear.socks, 0.002)
    if trousers:
        add(True, (0, 1), 1.12, part, cloth, 0.004, (1, 1))
        add(False, (0, 0.94), 1.18, part, cloth, 0.003, (1, 0.1))
    elif shorts:
        add(True, (0, 0.86), 1.25, part, cloth, 0.004, (1, 0.1))
    if wear.boots:
        add(False, (0.45, 1), 1.3, shoe, wear.shoes, 0.005)
    foot = profile([0.024, 0.027, 0.022])
    pieces.append(
        Piece(
            *(heel, toe, tube(foot, caps=(0.9, 1)), shoe, wear.shoes),
            *(0.88 * size.foot, 0.024, 0, 0.002),
        )
    )
    return pieces


def _belongings(person: Identity) -> list[Piece]:
    wear = person.wardrobe
    surface = torso_profile(person)
    bags = [
        (wear.backpack, Joint.BACK_TOP, Joint.BACK_LOW, [0.08, 0.095], 0.05),
        (wear.shoulder_bag, Joint.BAG_TOP, Joint.BAG_LOW, 0.035, 0.085),
        (wear.handbag, Joint.LEFT_FINGER, Joint.LEFT_DROP, 0.03, 0.075),
        (wear.held, Joint.HELD_TOP, Joint.HELD_LOW, 0.085, 0.05),
    ]
    pieces = []
    for cloth, top, low, wide, deep in bags:
        if cloth is not None:
            outline = tube(profile(wide, deep), 0, 1, (0.15, 0.1))
            pieces.append(
                Piece(top, low, outline, 0, cloth, 0.2, 0.08, 1, 0.01)
            )
    common = (person.proportions.torso, float(surface.wide[1]), 1, 0.003)
    axis = (Joint.NECK, Joint.PELVIS)
    if wear.backpack is not None:
        for side in (-0.75, 0.75):
            strap = patch(surface, (side, 0.28), (0.16, 0.27), 0.8)
            pieces.append(Piece(*axis, strap, 0, wear.backpack, *common))
    if wear.shoulder_bag is not None:
        strap = tube(profile(0.009), caps=(0, 0))
        pieces.append(
            Piece(
                *(Joint.BAG_STRAP, Joint.BAG_TOP, strap, 0),
                *(wear.shoulder_bag, 0.3, 0.02, 0, 0.045),
            )
        )
    return pieces
