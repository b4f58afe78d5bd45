import numpy as np
import pytest

from mmssl.worlds.puppets.atlas import atlas
from mmssl.worlds.puppets.parts import OBJECT_CATEGORIES
from mmssl.worlds.puppets.things import draw_clutter, draw_thing


def many(draw):
    return [draw(np.random.default_rng(i)) for i in range(150)]


def test_draw_thing__all_categories_and_sizes():
    things = many(draw_thing)
    for category in OBJECT_CATEGORIES:
        heights = [t.height for t in things if t.category == category]
        assert len(heights) > 25
        assert np.ptp(heights) > 0.1
    assert 0.05 < np.mean([t.speed != 0 for t in things]) < 0.6


def test_draw_thing__balls_are_round_and_roll_without_slipping():
    for thing in many(draw_thing):
        if thing.category == 'ball':
            y = thing.outline.along + thing.outline.beyond
            x = thing.outline.wide * np.sin(thing.outline.azimuth)
            far = np.hypot(x, y - 0.5)
            np.testing.assert_allclose(far, 0.5, atol=1e-9)
            assert thing.tilt[1] * thing.height / 2 == pytest.approx(
                thing.speed
            )


def test_draw_thing__signs_are_plates_on_poles():
    for thing in many(draw_thing):
        if thing.category == 'sign':
            wide = thing.outline.wide
            assert wide.max() == pytest.approx(thing.ratio, rel=0.01)
            low = wide[thing.outline.along > 0.9]
            assert (low < 0.02).all()
            assert thing.speed == 0


def test_draw_clutter__has_no_name_and_stands_still():
    for thing in many(draw_clutter):
        assert thing.category == ''
        assert thing.speed == 0
        assert thing.cloth.pattern in atlas().names
