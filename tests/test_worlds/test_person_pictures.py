"""Who is fit to be shown, and what the pictures show."""

import numpy as np
import pytest

from mmssl.worlds.person_pictures import (
    draw_junk,
    draw_person,
    is_whole,
    junk_box,
    known_identity,
    known_look,
)
from mmssl.worlds.puppets.frame import Frame, PersonState


def frame_with(box, visibility):
    """A frame of 60 x 50 px of which only the people matter."""
    state = PersonState(
        0, np.array(box), np.array(box), visibility, np.zeros((17, 3)), 0.0
    )
    image, flat = np.zeros((60, 50, 3), np.uint8), np.zeros((60, 50), int)
    return Frame(image, flat, flat, flat, (state,), ())


@pytest.mark.parametrize(
    ('box', 'visibility', 'expected'),
    [
        ((5, 5, 25, 55), 1.0, True),
        ((5, 5, 25, 55), 0.7, True),
        ((5, 5, 25, 55), 0.69, False),  # hidden
        ((5, 5, 25, 30), 1.0, False),  # small
        ((0, 5, 25, 55), 1.0, False),  # cut at the left
        ((5, 0, 25, 55), 1.0, False),
        ((5, 5, 50, 55), 1.0, False),
        ((5, 5, 25, 60), 1.0, False),
    ],
)
def test_is_whole(box, visibility, expected):
    assert is_whole(frame_with(box, visibility), 0) is expected


def test_draw_person__shows_whom_it_is_asked_for():
    identity, look = known_identity(0, 5), known_look(0, 2)
    for seed in range(3):
        rng = np.random.default_rng(seed)
        picture = draw_person(rng, 64, 32, identity, look)
        assert picture.image.shape == (64, 32, 3)
        assert picture.labels.shape == (64, 32)
        assert picture.state.visibility >= 0.7
        assert picture.identity.wardrobe.upper_kind == (
            identity.wardrobe.upper_kind
        )
        # the person fills most of the height
        rows = np.nonzero((picture.labels > 0) & (picture.labels < 255))[0]
        assert np.ptp(rows) > 0.75 * 64


def test_draw_person__labels_lie_on_the_picture():
    """Background and person differ in colour where the labels change.

    Shifted labels fit worse: the picture and its labels are cut alike.
    """
    gains = []
    for seed in range(12):
        picture = draw_person(np.random.default_rng(seed), 96)
        grey = picture.image.astype(float).mean(-1)
        steps = np.abs(np.diff(grey, axis=1))
        border = np.diff((picture.labels > 0).astype(int), axis=1) != 0
        here = steps[:, 6:-6][border[:, 6:-6]].mean()
        moved = np.roll(border, 5, 1)[:, 6:-6]
        gains.append(here / steps[:, 6:-6][moved].mean())
    assert np.median(gains) > 1.5


def test_draw_junk__is_a_picture():
    rng = np.random.default_rng(0)
    assert draw_junk(rng, 64, 32, known_look(0, 0)).shape == (64, 32, 3)


def test_junk_box__has_at_most_a_third_in_common():
    rng = np.random.default_rng(0)
    box = np.array([10.0, 20, 40, 90])
    for _ in range(50):
        other = junk_box(box, rng)
        np.testing.assert_allclose(other[2:] - other[:2], [30, 70])
        low, high = (
            np.maximum(box[:2], other[:2]),
            np.minimum(box[2:], other[2:]),
        )
        common = np.prod(np.maximum(high - low, 0))
        assert common / (2 * 30 * 70 - common) <= 1 / 3


def test_known__the_same_again_and_others_differ():
    first, again = known_identity(0, 1), known_identity(0, 1)
    assert first.proportions == again.proportions
    others = [known_identity(0, 2), known_identity(1, 1)]
    others += [known_identity(0, 1, 'prw')]
    assert len({one.proportions for one in [first, *others]}) == 4
    assert known_look(0, 1).gain == known_look(0, 1).gain
    assert known_look(0, 1).gain != known_look(0, 2).gain
