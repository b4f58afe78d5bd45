"""What people carry; bags and what is held are no part of the person."""

from __future__ import annotations

from mmssl.worlds.puppets.identity import Identity
from mmssl.worlds.puppets.parts import Part
from mmssl.worlds.puppets.piece import Bone, Piece
from mmssl.worlds.puppets.shapes import Profile, patch, profile, tube
from mmssl.worlds.puppets.skeleton import Joint
from mmssl.worlds.puppets.trunk import torso_bone, torso_profile
from mmssl.worlds.puppets.wardrobe import Cloth


def belonging_pieces(person: Identity) -> list[Piece]:
    """Return backpack, shoulder bag, handbag and what both hands hold."""
    wear = person.wardrobe
    bags: list[tuple[Cloth | None, int, int, Profile]] = [
        (
            *(wear.backpack, Joint.BACK_TOP, Joint.BACK_LOW),
            profile([0.08, 0.095], [0.05]),
        ),
        (
            *(wear.shoulder_bag, Joint.BAG_TOP, Joint.BAG_LOW),
            profile([0.035], [0.085]),
        ),
        (
            *(wear.handbag, Joint.LEFT_FINGER, Joint.LEFT_DROP),
            profile([0.03], [0.075]),
        ),
        (
            *(wear.held, Joint.HELD_TOP, Joint.HELD_LOW),
            profile([0.085], [0.05]),
        ),
    ]
    pieces = []
    for cloth, top, low, shape in bags:
        if cloth is not None:
            bone = Bone(top, low, 0.2, 0.08, turns=1)
            outline = tube(shape, caps=(0.15, 0.1))
            pieces.append(bone.piece(outline, Part.BACKGROUND, cloth, 0.01))
    return pieces + _straps(person)


def _straps(person: Identity) -> list[Piece]:
    wear = person.wardrobe
    pieces = []
    if wear.backpack is not None:
        for side in (-0.75, 0.75):
            strap = patch(
                torso_profile(person), (side, 0.28), (0.16, 0.27), 0.8
            )
            pieces.append(
                torso_bone(person).piece(
                    strap, Part.BACKGROUND, wear.backpack, 0.003
                )
            )
    if wear.shoulder_bag is not None:
        strap = tube(profile([0.009]), caps=(0, 0))
        bone = Bone(Joint.BAG_STRAP, Joint.BAG_TOP, 0.3, 0.02)
        pieces.append(
            bone.piece(strap, Part.BACKGROUND, wear.shoulder_bag, 0.045)
        )
    return pieces
