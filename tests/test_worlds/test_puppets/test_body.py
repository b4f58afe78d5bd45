import numpy as np

from mmssl.worlds.puppets.body import body_pieces
from mmssl.worlds.puppets.parts import Part
from mmssl.worlds.puppets.skeleton import Joint


def test_body_pieces__hang_on_joints_and_have_an_area(persons):
    for person in persons:
        for piece in body_pieces(person):
            assert 0 <= piece.bone.start < len(Joint)
            assert 0 <= piece.bone.end < len(Joint)
            assert piece.bone.start != piece.bone.end
            assert piece.bone.length > 0
            assert piece.outline.wide.max() > 0.005
            assert np.isfinite(np.concatenate(piece.outline[:5])).all()


def test_body_pieces__labels_follow_the_wardrobe(persons):
    """Every garment gives its label, and no other gives it."""
    for person in persons:
        wear = person.wardrobe
        parts = {piece.part for piece in body_pieces(person)}
        upper = dict(
            shirt=Part.UPPER_CLOTHES,
            coat=Part.COAT,
            dress=Part.DRESS,
            jumpsuit=Part.JUMPSUITS,
        )
        for kind, part in upper.items():
            shown = wear.upper_kind == kind
            if part == Part.UPPER_CLOTHES:
                shown |= wear.inner is not None
            assert (part in parts) == shown
        assert (Part.HAT in parts) == bool(wear.hat_kind)
        assert (Part.SKIRT in parts) == (wear.lower_kind == 'skirt')
        assert (Part.PANTS in parts) == (
            wear.lower_kind in ('trousers', 'shorts')
        )
        assert (Part.SUNGLASSES in parts) == (wear.glasses is not None)
        assert (Part.SCARF in parts) == (wear.scarf is not None)
        assert (Part.GLOVE in parts) == (wear.gloves is not None)
        assert (Part.SOCKS in parts) == (wear.socks is not None)
        assert (Part.HAIR in parts) == (wear.hair_kind != 'bald')
        assert {Part.FACE, Part.LEFT_SHOE, Part.RIGHT_SHOE} <= parts


def test_body_pieces__both_sides_alike_but_for_the_band(persons):
    mirrored = {14: 15, 16: 17, 18: 19}
    for person in persons:
        if person.wardrobe.band is None:
            parts = [piece.part for piece in body_pieces(person)]
            for left, right in mirrored.items():
                assert parts.count(left) == parts.count(right)
