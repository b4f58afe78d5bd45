import numpy as np
import pytest

from mmssl.worlds.puppets.layout import draw_plan, layer_pieces, thing_piece


def plan(seed, statures=(1.0, 0.6, 1.0), centred=False):
    return draw_plan(
        *(np.random.default_rng(seed), statures, 1.5, (0.4, 0.9)),
        *((1, 3), (2, 5), centred),
    )


def test_draw_plan__everybody_stands_on_the_ground_in_view():
    for seed in range(20):
        drawn = plan(seed)
        near = drawn.people_at.near
        assert ((near >= 0.4) & (near <= 0.9)).all()
        feet = drawn.ground.row(near)
        assert feet.max() == pytest.approx(feet[near.argmax()])
        assert 0.8 < feet.max() < 1.15
        # The backdrop is behind everybody.
        assert drawn.ground.back < near.min()
        x = drawn.people_at.x
        assert ((x > 0) & (x < 1.5)).all()


def test_draw_plan__named_things_come_first():
    for seed in range(10):
        drawn = plan(seed)
        named = [bool(thing.category) for thing in drawn.things]
        assert named == sorted(named, reverse=True)
        assert 1 <= sum(named) <= 3
        assert 2 <= len(named) - sum(named) <= 5
        assert len(drawn.things_at.x) == len(drawn.things)


def test_draw_plan__only_slim_clutter_stands_before_people():
    ahead = 0
    for seed in range(60):
        drawn = plan(seed)
        for thing, near in zip(drawn.things, drawn.things_at.near):
            if not thing.category and near > 1.1 * drawn.ground.back:
                assert 2 * thing.ratio * thing.height < 0.4
                ahead += 1
    assert ahead > 3


def test_draw_plan__centred_child_is_as_high_as_an_adult():
    for seed in range(10):
        drawn = plan(seed, (0.6,), centred=True)
        near, foot = drawn.people_at.near[0], drawn.ground.row(0.0)
        tall = 0.6 * near
        assert 0.4 <= tall <= 0.9
        middle = drawn.ground.row(drawn.people_at.near)[0] - tall / 2
        assert middle == pytest.approx(0.5, abs=0.05)
        assert foot < 1


def test_layer_pieces__fill_any_frame():
    for aspect in (0.3, 1.0, 3.0):
        for layer in layer_pieces(np.random.default_rng(0), aspect):
            (piece,) = layer
            assert piece.outline.wide.min() > 10 * aspect
            # Room for the pattern from edge to edge.
            span = 1.5 * piece.bone.length + 3 * piece.bone.radius
            assert span >= 1.4 * aspect


def test_thing_piece__is_its_outline_around_its_axis():
    thing = plan(0).things[0]
    piece = thing_piece(thing)
    assert piece.outline is thing.outline
    assert piece.bone.length == 1
    assert piece.part == 0
