import numpy as np
import pytest

from mmssl.worlds.puppets.head import head_pieces, head_profile
from mmssl.worlds.puppets.parts import Part


def wearing(person, **changes):
    return person._replace(wardrobe=person.wardrobe._replace(**changes))


def count(frame, part):
    return int((frame.parts == part).sum())


def test_head__face_turns_out_of_sight(alone, persons):
    """Full from the front, about half in profile, none from behind."""
    person = wearing(
        persons[0], hair_kind='short', hat_kind='', glasses=None, scarf=None
    )
    shown = []
    for yaw in (0.0, np.pi / 2, np.pi):
        frame = alone(person, yaw, (384, 256)).render()
        rows = slice(0, int(frame.people[0].keypoints[:5, 1].mean()))
        face = (frame.parts[rows] == Part.FACE).sum()
        shown.append(face / max(1, (frame.parts[rows] > 0).sum()))
    assert shown[0] > 0.25
    assert 0.2 * shown[0] < shown[1] < 0.8 * shown[0]
    assert shown[2] == 0


def test_head__bald_shows_no_hair(alone, persons):
    bald = wearing(persons[0], hair_kind='bald', hat_kind='')
    frame = alone(bald).render()
    assert count(frame, Part.HAIR) == 0
    assert count(frame, Part.FACE) > 30


@pytest.mark.parametrize('kind', ['cap', 'brim', 'beanie'])
def test_head__hats_are_on_top(alone, persons, kind):
    frame = alone(wearing(persons[0], hat_kind=kind)).render()
    rows = np.nonzero(frame.parts == Part.HAT)[0]
    faces = np.nonzero(frame.parts == Part.FACE)[0]
    assert len(rows) > 20
    assert rows.mean() < faces.mean() - 3
    assert rows.min() == np.nonzero(frame.parts)[0].min()


def test_head__glasses_lie_over_the_eyes(alone, persons):
    cloth = persons[0].wardrobe.upper
    person = wearing(persons[0], glasses=cloth, hat_kind='')
    frame = alone(person, 0.0, (384, 256)).render()
    for x, y, _ in frame.people[0].keypoints[1:3]:
        assert frame.parts[round(y), round(x)] == Part.SUNGLASSES
    assert count(alone(person, np.pi).render(), Part.SUNGLASSES) == 0


def test_head_profile__as_large_as_the_proportions_say(persons):
    for person in persons[:10]:
        surface, size = head_profile(person), person.proportions.head
        assert surface.wide.max() == pytest.approx(0.4 * size)
        neck, *_ = head_pieces(person)
        assert neck.part == Part.FACE
