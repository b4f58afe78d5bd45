import numpy as np

from mmssl.worlds.puppets.identity import AGES, Identity


def flat(value):
    """Leaves of nested tuples."""
    if isinstance(value, tuple):
        return [leaf for item in value for leaf in flat(item)]
    return [np.asarray(value).tolist()]


def test_draw__equal_states_equal_persons():
    first, again, other = (
        flat(Identity.draw(np.random.default_rng(seed))) for seed in (4, 4, 5)
    )
    assert first == again
    assert first != other


def test_draw__all_kinds_appear(persons):
    assert {p.age for p in persons} == set(AGES)
    assert {p.female for p in persons} == {True, False}
    for field in ('upper_kind', 'lower_kind', 'sleeves', 'hair_kind'):
        values = {getattr(p.wardrobe, field) for p in persons}
        assert len(values) >= 3, field


def test_draw__children_are_smaller_with_larger_heads(persons):
    child = [p for p in persons if p.age == 'child']
    grown = [p for p in persons if p.age != 'child']
    assert max(p.stature for p in child) < 0.9
    assert min(p.stature for p in grown) > 0.85
    heads = [
        np.mean([p.proportions.head for p in group])
        for group in (child, grown)
    ]
    assert heads[0] > 1.2 * heads[1]


def test_draw__height_of_the_parts_is_that_of_the_whole(persons):
    for person in persons:
        size = person.proportions
        total = size.leg + size.torso + size.neck + size.head
        assert 0.82 < total + 0.25 * size.foot < 1.12
