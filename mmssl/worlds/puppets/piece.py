"""Stiff pieces that figures and things are made of."""

from __future__ import annotations

from typing import NamedTuple

from mmssl.worlds.puppets.shapes import Outline
from mmssl.worlds.puppets.wardrobe import Cloth


class Bone(NamedTuple):
    """An axis between two joints, which pieces lie around.

    Attributes:
        start: Joint where it begins.
        end: Joint where it ends.
        length: Statures.
        radius: Usual half-width of what is around it, statures.
        turns: What turns the surface about it: 0 nothing, 1 the body, 2 the
            head as well.
        weight: How near it is, from its start (0) to its end (1).
    """

    start: int
    end: int
    length: float
    radius: float
    turns: int = 0
    weight: float = 0.5

    def piece(
        self, outline: Outline, part: int, cloth: Cloth, above: float = 0.0
    ) -> Piece:
        """Return a piece around it."""
        return Piece(self, outline, part, cloth, above)


class Piece(NamedTuple):
    """An outline on the surface of a tube around a bone.

    Attributes:
        bone: The axis of the tube.
        outline: On the tube.
        part: Its label; ``BACKGROUND``: no part of the person.
        cloth: Its surface.
        above: Added to how near it is, statures: clothes over skin.
        spreads: Its end widens with the legs.
        wraps: The cloth's pattern goes around the tube just once: faces.
    """

    bone: Bone
    outline: Outline
    part: int
    cloth: Cloth
    above: float = 0.0
    spreads: bool = False
    wraps: bool = False
