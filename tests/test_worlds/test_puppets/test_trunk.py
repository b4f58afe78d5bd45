import numpy as np
import pytest

from mmssl.worlds.puppets.parts import Part
from mmssl.worlds.puppets.trunk import (
    UPPER_PARTS,
    lower_cover,
    torso_bone,
    torso_profile,
    trunk_pieces,
)


def wearing(person, **changes):
    return person._replace(wardrobe=person.wardrobe._replace(**changes))


def test_trunk__narrower_from_the_side(alone, persons):
    """The width of the chest is that of its profile at each yaw."""
    person = wearing(
        persons[0], scarf=None, backpack=None, shoulder_bag=None, held=None
    )
    surface = torso_profile(person)
    px = 0.85 * 192 * 1.0
    for yaw in (0.0, 0.7, np.pi / 2):
        scene = alone(person, yaw)
        moment = scene._moment(0.0)
        row = [p.part for p in trunk_pieces(person)].index(
            UPPER_PARTS[person.wardrobe.upper_kind]
        )
        first = np.flatnonzero(scene.table.owner == 0)[0]
        rows = np.flatnonzero(scene.table.radius == torso_bone(person).radius)
        points = moment.geometry.outlines[rows[row] - 0 * first]
        half = np.hypot(
            surface.wide.max() * np.cos(yaw), surface.deep.max() * np.sin(yaw)
        )
        assert np.ptp(points[:, 0]) == pytest.approx(2 * half * px, rel=0.12)


def test_trunk__open_coat_shows_the_shirt_in_front_only(alone, persons):
    cloth = persons[0].wardrobe.lower
    person = wearing(
        persons[0],
        **dict(upper_kind='coat', sleeves=2, inner=cloth, scarf=None),
        **dict(lower_kind='trousers', held=None, backpack=None),
    )
    front, back = (alone(person, yaw).render() for yaw in (0.0, np.pi))
    assert (front.parts == Part.UPPER_CLOTHES).sum() > 100
    assert (back.parts == Part.UPPER_CLOTHES).sum() == 0
    assert (back.parts == Part.COAT).sum() > 500


def test_trunk__skirt_covers_thighs(alone, persons):
    person = wearing(persons[0], upper_kind='shirt', lower_kind='skirt')
    size = person.proportions._replace(hem=0.3)
    frame = alone(person._replace(proportions=size)).render()
    left, right = frame.people[0].keypoints[[11, 12], :2]
    knees = frame.people[0].keypoints[[13, 14], 1]
    middle = (left + right) / 2
    column = frame.parts[:, round(middle[0])]
    for row in np.linspace(middle[1] + 4, knees.min() - 4, 5):
        assert column[int(row)] == Part.SKIRT


def test_lower_cover__of_what_goes_from_top_to_bottom(persons):
    for person in persons:
        part, cloth = lower_cover(person)
        wear = person.wardrobe
        if wear.upper_kind == 'dress':
            assert (part, cloth) == (Part.DRESS, wear.upper)
        elif wear.lower_kind == 'skirt':
            assert (part, cloth) == (Part.SKIRT, wear.lower)
