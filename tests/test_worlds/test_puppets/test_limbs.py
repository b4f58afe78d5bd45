import pytest

from mmssl.worlds.puppets.limbs import arm_pieces, leg_pieces
from mmssl.worlds.puppets.parts import Part


def wearing(person, **changes):
    return person._replace(wardrobe=person.wardrobe._replace(**changes))


def bare_share(frame):
    """Share of the left arm, from shoulder to wrist, that is skin."""
    points = frame.people[0].keypoints[[5, 7, 9], :2]
    parts = []
    for a, b in zip(points, points[1:]):
        for s in (0.15, 0.3, 0.45, 0.6, 0.75, 0.9):
            x, y = a + s * (b - a)
            parts.append(frame.parts[round(y), round(x)])
    return sum(part == Part.LEFT_ARM for part in parts) / len(parts)


def test_arm__sleeves_cover_more_and_more(alone, persons):
    person = wearing(
        persons[0],
        **dict(upper_kind='shirt', band=None, gloves=None, held=None),
        **dict(lower_kind='trousers', handbag=None, shoulder_bag=None),
    )
    shares = [
        bare_share(alone(wearing(person, sleeves=n), 0.0, (384, 256)).render())
        for n in (0, 1, 2)
    ]
    assert shares[0] >= 0.8
    assert 0.4 < shares[1] < 0.85
    assert shares[2] <= 0.1


def test_arm__left_and_right_have_their_own_labels(persons):
    for person in persons:
        left = {piece.part for piece in arm_pieces(person, left=True)}
        right = {piece.part for piece in arm_pieces(person, left=False)}
        assert Part.RIGHT_ARM not in left
        assert Part.LEFT_ARM not in right


@pytest.mark.parametrize(
    ('kind', 'expected'), [('trousers', Part.PANTS), ('shorts', Part.LEFT_LEG)]
)
def test_leg__shin_under_trousers_and_below_shorts(
    alone, persons, kind, expected
):
    person = wearing(
        persons[0],
        **dict(upper_kind='shirt', lower_kind=kind, boots=False, socks=None),
        handbag=None,
    )
    frame = alone(person).render()
    knee, ankle = frame.people[0].keypoints[[13, 15], :2]
    x, y = knee + 0.35 * (ankle - knee)
    assert frame.parts[round(y), round(x)] == expected
    hip = frame.people[0].keypoints[11, :2]
    x, y = hip + 0.6 * (knee - hip)
    assert frame.parts[round(y), round(x)] == Part.PANTS


def test_leg__boots_are_shoes_up_the_shin(persons):
    low, high = (
        leg_pieces(wearing(persons[0], boots=boots), left=True)
        for boots in (False, True)
    )
    counts = [
        [piece.part for piece in pieces].count(Part.LEFT_SHOE)
        for pieces in (low, high)
    ]
    assert counts == [1, 2]
