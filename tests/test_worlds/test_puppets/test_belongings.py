import numpy as np

from mmssl.worlds.puppets.belongings import belonging_pieces

NOTHING = dict(
    backpack=None, shoulder_bag=None, handbag=None, held=None, scarf=None
)


def wearing(person, **changes):
    return person._replace(wardrobe=person.wardrobe._replace(**changes))


def test_belongings__nothing_to_carry(persons):
    assert belonging_pieces(wearing(persons[0], **NOTHING)) == []


def test_belongings__hide_a_part_of_the_person(alone, persons):
    """Bags are not the person: what they cover counts as hidden."""
    bare = wearing(persons[0], **NOTHING)
    cloth = persons[0].wardrobe.upper
    for item, yaw in (('backpack', np.pi), ('shoulder_bag', 0.0)):
        without = alone(bare, yaw).render().instances.astype(bool)
        carrying = wearing(bare, **{item: cloth})
        frame = alone(carrying, yaw).render()
        mask = frame.instances > 0
        assert (without & ~mask).sum() > 20, item
        assert not (mask & ~without).any(), item
        assert frame.people[0].visibility == 1


def test_belongings__backpack_is_behind_seen_from_the_front(alone, persons):
    bare = wearing(persons[0], **NOTHING)
    carrying = wearing(bare, backpack=persons[0].wardrobe.upper)
    lost = [
        (alone(bare, yaw).render().instances > 0).sum()
        - (alone(carrying, yaw).render().instances > 0).sum()
        for yaw in (0.0, np.pi)
    ]
    assert lost[1] > 2 * lost[0] > 0
