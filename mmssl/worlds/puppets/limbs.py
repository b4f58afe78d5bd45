"""Arms and legs, and what covers them."""

from __future__ import annotations

from mmssl.worlds.puppets.identity import Identity
from mmssl.worlds.puppets.parts import Part
from mmssl.worlds.puppets.piece import Bone, Piece
from mmssl.worlds.puppets.shapes import Profile, profile, tube
from mmssl.worlds.puppets.skeleton import Joint
from mmssl.worlds.puppets.trunk import UPPER_PARTS, lower_cover
from mmssl.worlds.puppets.wardrobe import limb_cloth

# How far sleeves reach down upper arm and forearm: none, short, long.
_SLEEVES = ((0.0, 0.0), (0.62, 0.0), (1.0, 0.92))


def arm_pieces(person: Identity, left: bool) -> list[Piece]:
    """Return upper arm, forearm and hand with sleeves, band and glove."""
    wear, size = person.wardrobe, person.proportions
    right = 0 if left else 1
    skin = Part.LEFT_ARM if left else Part.RIGHT_ARM
    girth = size.girth
    shoulder, elbow = Joint.LEFT_SHOULDER + right, Joint.LEFT_ELBOW + right
    wrist, finger = Joint.LEFT_WRIST + right, Joint.LEFT_FINGER + right
    upper = profile([0.030 * girth, 0.024 * girth])
    fore = profile([0.025 * girth, 0.018 * girth])
    bones = (
        Bone(shoulder, elbow, 0.53 * size.arm, 0.03 * girth, weight=0.6),
        Bone(elbow, wrist, 0.47 * size.arm, 0.025 * girth, weight=0.6),
    )
    pieces = []
    for bone, surface, reach, above in zip(
        bones, (upper, fore), _SLEEVES[wear.sleeves], (0.004, 0.007)
    ):
        if reach < 1:
            bare = tube(surface, caps=(1, 1))
            pieces.append(bone.piece(bare, skin, wear.skin, above))
        if reach > 0:
            ends = (1.0, 1.0 if reach == 1 else 0.1)
            sleeve = tube(_wider(surface, 1.2), 0, reach, ends)
            part, cloth = UPPER_PARTS[wear.upper_kind], limb_cloth(wear.upper)
            pieces.append(bone.piece(sleeve, part, cloth, above + 0.001))
    if wear.band is not None and left == wear.band_left:
        ring = tube(_wider(upper, 1.3), 0.64, 0.86, (0, 0.1))
        under = UPPER_PARTS[wear.upper_kind] if wear.sleeves == 2 else skin
        pieces.append(bones[0].piece(ring, under, wear.band, 0.006))
    hand = Bone(wrist, finger, size.hand, 0.02)
    shape = tube(profile([0.015, 0.022, 0.016]), caps=(0.6, 1))
    part, cloth = skin, wear.skin
    if wear.gloves is not None:
        part, cloth = Part.GLOVE, wear.gloves
    return [*pieces, hand.piece(shape, part, cloth, 0.006)]


def leg_pieces(person: Identity, left: bool) -> list[Piece]:
    """Return thigh, shin and foot with trousers, socks and shoe."""
    wear, size = person.wardrobe, person.proportions
    right = 0 if left else 1
    skin = Part.LEFT_LEG if left else Part.RIGHT_LEG
    shoe = Part.LEFT_SHOE if left else Part.RIGHT_SHOE
    knee, ankle = Joint.LEFT_KNEE + right, Joint.LEFT_ANKLE + right
    thigh = profile([0.046 * size.girth, 0.033 * size.girth])
    shin = profile([0.033 * size.girth, 0.034 * size.girth, 0.02])
    half = 0.5 * size.leg
    upper = Bone(Joint.LEFT_HIP + right, knee, half, 0.04, weight=0.3)
    lower = Bone(knee, ankle, half, 0.034, weight=0.3)
    pieces = []
    part, cloth = lower_cover(person)
    cloth = limb_cloth(cloth)
    if wear.lower_kind == 'trousers' or wear.upper_kind == 'jumpsuit':
        high = tube(_wider(thigh, 1.12), caps=(1, 1))
        low = tube(_wider(shin, 1.18), 0, 0.94, (1, 0.1))
        pieces.append(upper.piece(high, part, cloth, -0.008))
        pieces.append(lower.piece(low, part, cloth, -0.009))
        ends = 0.8  # of the shin, what shows below is skin
    else:
        bare = tube(thigh, caps=(1, 1))
        pieces.append(upper.piece(bare, skin, wear.skin, -0.012))
        ends = 0.0
    if wear.lower_kind == 'shorts':
        high = tube(_wider(thigh, 1.25), 0, 0.86, (1, 0.1))
        pieces.append(upper.piece(high, part, cloth, -0.008))
    calf = tube(shin, ends, 1, (1, 0.5))
    pieces.append(lower.piece(calf, skin, wear.skin, -0.011))
    if wear.socks is not None:
        sock = tube(_wider(shin, 1.12), max(0.6, ends), 1, (0, 0.1))
        pieces.append(lower.piece(sock, Part.SOCKS, wear.socks, -0.010))
    if wear.boots:
        shaft = tube(_wider(shin, 1.3), 0.45, 1, (0.1, 0.1))
        pieces.append(lower.piece(shaft, shoe, wear.shoes, -0.007))
    foot = profile([0.023, 0.025, 0.019])
    sole = Bone(
        *(Joint.LEFT_HEEL + right, Joint.LEFT_TOE + right),
        0.88 * size.foot,
        0.023,
    )
    return [
        *pieces,
        sole.piece(tube(foot, caps=(0.9, 1)), shoe, wear.shoes, 0.002),
    ]


def _wider(surface: Profile, times: float) -> Profile:
    return Profile(surface.along, times * surface.wide, times * surface.deep)
