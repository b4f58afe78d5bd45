"""The trunk: shirt, coat, dress, what covers the hips, scarf."""

from __future__ import annotations

from mmssl.worlds.puppets.identity import Identity
from mmssl.worlds.puppets.parts import Part
from mmssl.worlds.puppets.piece import Bone, Piece
from mmssl.worlds.puppets.shapes import Profile, patch, profile, tube
from mmssl.worlds.puppets.skeleton import Joint
from mmssl.worlds.puppets.wardrobe import Cloth

UPPER_PARTS = dict(
    shirt=Part.UPPER_CLOTHES,
    coat=Part.COAT,
    dress=Part.DRESS,
    jumpsuit=Part.JUMPSUITS,
)


def torso_profile(person: Identity) -> Profile:
    """Return the half-widths of a trunk from neck to hips."""
    size, girth = person.proportions, person.proportions.girth
    waist = (0.066 if person.female else 0.078) * girth
    shoulder = max(size.shoulder, 0.07 * girth + 0.01)
    return profile(
        [0.05, shoulder, 0.92 * shoulder, waist, size.hip + 0.04 * girth],
        [0.035, 0.05 * girth, 0.062 * girth, 0.055 * girth, 0.062 * girth],
        [0.0, 0.12, 0.35, 0.68, 1.0],
    )


def torso_bone(person: Identity) -> Bone:
    """Return the axis from neck to hips."""
    radius = float(torso_profile(person).wide[1])
    length = person.proportions.torso
    return Bone(Joint.NECK, Joint.PELVIS, length, radius, turns=1)


def lower_cover(person: Identity) -> tuple[int, Cloth]:
    """Return label and cloth of what covers the hips."""
    wear = person.wardrobe
    if wear.lower_kind:
        skirt = wear.lower_kind == 'skirt'
        return Part.SKIRT if skirt else Part.PANTS, wear.lower
    return UPPER_PARTS[wear.upper_kind], wear.upper


def trunk_pieces(person: Identity) -> list[Piece]:
    """Return hips, chest, and what hangs from both."""
    wear = person.wardrobe
    surface, bone = torso_profile(person), torso_bone(person)
    hips = tube(surface, 0.84, 1.04, (0, 0.5))
    chest = tube(surface, 0, 0.97, (0.25, 0.15))
    part = UPPER_PARTS[wear.upper_kind]
    pieces = [
        bone._replace(weight=1.0).piece(hips, *lower_cover(person), -0.012),
        bone.piece(chest, part, wear.upper),
    ]
    if wear.inner is not None:
        front = patch(surface, (0, 0.5), (0.4, 0.47), 0.8)
        pieces.append(bone.piece(front, Part.UPPER_CLOTHES, wear.inner, 0.001))
    pieces += _hem(person)
    if wear.scarf is not None:
        collar = bone._replace(weight=0.0)
        wrap = tube(profile([0.062], [0.058]), -0.1, 0.06, (0.3, 0.3))
        tail = patch(surface, (-0.5, 0.28), (0.28, 0.26), 0.8)
        pieces += [
            collar.piece(wrap, Part.SCARF, wear.scarf, 0.03),
            collar.piece(tail, Part.SCARF, wear.scarf, 0.004),
        ]
    return pieces


def _hem(person: Identity) -> list[Piece]:
    """Return what hangs from the hips as one: skirts, dresses, coats."""
    wear, size = person.wardrobe, person.proportions
    hip = size.hip + 0.045 * size.girth
    surface = profile([hip - 0.01, 1.05 * hip, 1.15 * hip])
    bone = Bone(Joint.PELVIS, Joint.HEM, size.hem, hip, 1, 0.0)
    covers = []
    if wear.lower_kind == 'skirt' or wear.upper_kind == 'dress':
        covers.append((lower_cover(person), 1.0, 0.05))
    if wear.upper_kind == 'coat':
        covers.append(((Part.COAT, wear.upper), 0.6, 0.055))
    pieces = []
    for cover, end, above in covers:
        outline = tube(surface, -0.02 / size.hem, end, (0.1, 0.12))
        hanging = bone.piece(outline, *cover, above)
        pieces.append(hanging._replace(spreads=True))
    return pieces
