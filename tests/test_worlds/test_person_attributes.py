"""Attributes of PA-100K against what people wear."""

import math

import numpy as np
import pytest

from mmssl.worlds.person_attributes import ATTRIBUTES, attribute_labels
from mmssl.worlds.puppets import Identity


@pytest.fixture(scope='module')
def people():
    rng = np.random.default_rng(0)
    return [Identity.draw(rng) for _ in range(400)]


def named(identity, yaw=0.0):
    return dict(zip(ATTRIBUTES, attribute_labels(identity, yaw).tolist()))


@pytest.mark.parametrize(
    ('degrees', 'view'),
    [
        *((0, 'Front'), (44, 'Front'), (-44, 'Front'), (46, 'Side')),
        *((-90, 'Side'), (134, 'Side'), (136, 'Back'), (180, 'Back')),
        (360 + 10, 'Front'),
    ],
)
def test_attribute_labels__view(people, degrees, view):
    found = named(people[0], math.radians(degrees))
    views = [name for name in ('Front', 'Side', 'Back') if found[name]]
    assert views == [view]


def test_attribute_labels__one_age_and_one_length_of_sleeves(people):
    for identity in people:
        found = named(identity)
        ages = sum(found[n] for n in ATTRIBUTES if n.startswith('Age'))
        assert ages == 1
        assert found['ShortSleeve'] + found['LongSleeve'] == 1
        legs = found['Trousers'] + found['Shorts'] + found['Skirt&Dress']
        assert legs == 1


def test_attribute_labels__all_occur(people):
    labels = np.array([attribute_labels(one, 2.0) for one in people])
    share = dict(zip(ATTRIBUTES, labels.mean(0)))
    rare = {name for name, value in share.items() if value < 0.01}
    assert rare == {'Front', 'Back'}  # all were asked for from the side
    assert share['Side'] == 1
    assert max(v for n, v in share.items() if n != 'Side') < 0.9


def test_attribute_labels__follow_what_is_worn(people):
    for identity in people[:100]:
        worn, found = identity.wardrobe, named(identity)
        assert found['Female'] == identity.female
        assert found['Hat'] == bool(worn.hat_kind)
        assert found['Backpack'] == (worn.backpack is not None)
        assert found['LongCoat'] == (worn.upper_kind == 'coat')
        assert found['UpperLogo'] == (worn.upper.pattern == 'logo')
        if worn.upper_kind == 'dress':
            assert found['Skirt&Dress'] == 1
            assert found['LowerStripe'] == found['LowerPattern'] == 0
