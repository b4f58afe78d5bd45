import numpy as np

from mmssl.worlds.puppets.piece import Bone
from mmssl.worlds.puppets.shapes import profile, tube
from mmssl.worlds.puppets.wardrobe import Cloth


def test_bone__makes_pieces_around_itself():
    bone = Bone(3, 4, 0.5, 0.1, turns=1, weight=0.3)
    outline, cloth = tube(profile([0.1])), Cloth('plain', np.zeros((3, 3)))
    piece = bone.piece(outline, 7, cloth, 0.02)
    assert piece.bone is bone
    assert piece.outline is outline
    assert (piece.part, piece.above) == (7, 0.02)
    assert not piece.spreads
    assert not piece.wraps
