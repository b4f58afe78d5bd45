"""Which pieces a person is made of: skin, hair, clothes, belongings."""

from __future__ import annotations

from mmssl.worlds.puppets.belongings import belonging_pieces
from mmssl.worlds.puppets.head import head_pieces
from mmssl.worlds.puppets.identity import Identity
from mmssl.worlds.puppets.limbs import arm_pieces, leg_pieces
from mmssl.worlds.puppets.piece import Piece
from mmssl.worlds.puppets.trunk import trunk_pieces


def body_pieces(person: Identity) -> list[Piece]:
    """Return the pieces of a person.

    Example:
        >>> import numpy as np
        >>> person = Identity.draw(np.random.default_rng(0))
        >>> {14, 15} <= {piece.part for piece in body_pieces(person)}
        True
    """
    return [
        *head_pieces(person),
        *trunk_pieces(person),
        *arm_pieces(person, left=True),
        *arm_pieces(person, left=False),
        *leg_pieces(person, left=True),
        *leg_pieces(person, left=False),
        *belonging_pieces(person),
    ]
