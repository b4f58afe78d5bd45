import numpy as np
import pytest

from mmssl.worlds.puppets.identity import Identity
from mmssl.worlds.puppets.setting import check_ranges, draw_motions
from mmssl.worlds.puppets.skeleton import Joint


def test_lay_table__joints_of_each_owner_are_its_own(crowds):
    for scene, _ in crowds:
        table, people = scene.table, len(scene.people)
        person = table.owner < people
        for joints in (table.start, table.end):
            owner = joints[person] // len(Joint)
            np.testing.assert_array_equal(owner, table.owner[person])
            rest = joints[~person] - people * len(Joint)
            np.testing.assert_array_equal(
                rest // 2, table.owner[~person] - people
            )
        count = len(scene.stage.at(0.0).joints)
        assert max(table.start.max(), table.end.max()) == count - 1


def test_lay_stage__keeps_the_order_of_people(crowds):
    for scene, _ in crowds:
        heads = [person.proportions.head for person in scene.people]
        np.testing.assert_array_equal(scene.stage.people.head, heads)


def test_draw_motions__old_people_bend(persons):
    old = [p for p in persons if p.age == 'old']
    young = [p for p in persons if p.age == 'adult']
    leans = [
        np.mean(
            [
                m.trunk[0]
                for m in draw_motions(
                    np.random.default_rng(0), group, ['stand'] * len(group)
                )
            ]
        )
        for group in (old, young)
    ]
    assert leans[0] - leans[1] == pytest.approx(0.18, abs=0.05)


def test_draw_motions__one_action_for_each():
    person = Identity.draw(np.random.default_rng(0))
    with pytest.raises(ValueError, match='each of 1 people, got 2'):
        draw_motions(np.random.default_rng(0), [person], ['walk', None])


def test_check_ranges__says_what_is_wrong():
    check_ranges((16, 16), (0, 0), (1, 3))
    with pytest.raises(ValueError, match=r'from <= to, got \(2, 1\)'):
        check_ranges((16, 16), (0, 0), (2, 1))
    with pytest.raises(ValueError, match=r'got \(15, 16\)'):
        check_ranges((15, 16))
