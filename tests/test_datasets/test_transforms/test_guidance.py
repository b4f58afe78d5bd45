"""SampleGuidance: points and vectors of a sample."""

import numpy as np
import pytest

from mmssl.registry import TRANSFORMS
from mmssl.samplers import sample_guidance


def build(**options):
    return TRANSFORMS.build(dict(type='SampleGuidance', **options))


def sample(seed=0, h=60, w=90):
    rng = np.random.default_rng(seed)
    flow = (rng.normal(size=(h, w, 2)) * 10).astype(np.float32)
    flow[10:30, 20:50] = 4, -2
    return dict(flow=flow, rng=np.random.default_rng(seed))


def test_transform__points_are_those_of_the_sampler():
    options = dict(bg_ratio=1 / 225, nms_size=15, max_points=20)
    out = build(strategies=['grid', 'watershed'], **options)(sample(3))
    expected = sample_guidance(
        sample(3)['flow'],
        ['grid', 'watershed'],
        **options,
        rng=np.random.default_rng(3),
    )
    assert len(expected) == 20
    np.testing.assert_array_equal(out['guidance_points'], expected)


def test_transform__vectors_are_the_flow_at_the_points():
    data = sample()
    out = build(bg_ratio=1 / 225, nms_size=15)(data)
    assert out['guidance_vectors'].dtype == np.float32
    assert len(out['guidance_points']) >= 24
    for (row, col), (u, v) in zip(
        out['guidance_points'].tolist(), out['guidance_vectors'].tolist()
    ):
        assert data['flow'][row, col].tolist() == [u, v]


def test_transform__the_generator_of_the_draw_decides():
    transform = build(bg_ratio=1 / 225, nms_size=15)
    first, again, other = (transform(sample(s)) for s in (0, 0, 1))
    key = 'guidance_points'
    np.testing.assert_array_equal(first[key], again[key])
    assert first[key].tolist() != other[key].tolist()


def test_transform__makes_a_generator_where_there_is_none():
    data = sample()
    del data['rng']
    out = build(strategies=['uniform'], bg_ratio=0.01)(data)
    assert len(out['guidance_points']) == 54
    assert isinstance(out['rng'], np.random.Generator)


def test_transform__defaults_are_those_of_the_published_alexnet():
    flow = np.zeros((384, 384, 2), np.float32)
    out = build()(dict(flow=flow, rng=np.random.default_rng(0)))
    assert len(out['guidance_points']) == 25


def test_transform__no_point_is_a_valid_result():
    out = build(strategies=['single'])(
        dict(flow=np.zeros((5, 6, 2), np.float32))
    )
    assert out['guidance_points'].shape == (0, 2)
    assert out['guidance_vectors'].shape == (0, 2)


def test_specified__are_x_y_and_become_row_col():
    transform = build(
        strategies=['specified'], specified_points=[[7.9, 2], [89, 59]]
    )
    data = sample()
    out = transform(data)
    found = dict(
        zip(
            map(tuple, out['guidance_points'].tolist()),
            out['guidance_vectors'].tolist(),
        )
    )
    assert found == {
        (2, 7): data['flow'][2, 7].tolist(),
        (59, 89): data['flow'][59, 89].tolist(),
    }


def test_specified__those_of_the_sample_go_first():
    transform = build(strategies=['specified'], specified_points=[[0, 0]])
    data = dict(sample(), specified_points=np.array([[3, 4]]))
    assert transform(data)['guidance_points'].tolist() == [[4, 3]]


@pytest.mark.parametrize('point', [(90, 0), (0, 60), (-0.5, 3)])
def test_specified__outside_the_image(point):
    transform = build(strategies=['specified'], specified_points=[point])
    row, col = int(np.floor(point[1])), int(np.floor(point[0]))
    message = rf'\(row {row}, column {col}\).* 60 rows and 90 columns'
    with pytest.raises(ValueError, match=message):
        transform(sample())


def test_specified__bad_points():
    for points, message in (
        (None, "'specified' needs points"),
        ([1, 2, 3], r'\(x, y\) pairs'),
        ([[1, np.nan]], 'finite'),
    ):
        transform = build(strategies=['specified'], specified_points=points)
        with pytest.raises(ValueError, match=message):
            transform(sample())
    transform = build(strategies=['specified'], specified_points=[])
    assert len(transform(sample())['guidance_points']) == 0


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(strategies=[]), 'empty'),
        (dict(strategies=['nearest']), 'valid are full, gradnms, grid'),
        (dict(nms_size=40), 'odd'),
        (dict(bg_ratio=0), r'\(0, 1\]'),
        (dict(max_points=-5), 'got -5'),
    ],
)
def test_construction__checks_the_options(options, message):
    with pytest.raises(ValueError, match=message):
        build(**options)


def test_repr__shows_what_was_chosen():
    assert repr(build(nms_size=15, bg_ratio=0.25)) == (
        "SampleGuidance(strategies=['grid', 'watershed'], bg_ratio=0.25, "
        'nms_size=15, max_points=-1)'
    )


def test_max_points__drawn_from_a_range():
    """Logarithm uniform: naive inverse of the distribution function."""
    transform = build(
        strategies=['grid'], bg_ratio=1 / 9, nms_size=15, max_points=(2, 40)
    )
    counts = np.array(
        [len(transform(sample(s))['guidance_points']) for s in range(400)]
    )
    assert (counts.min(), counts.max()) == (2, 40)
    for limit in (4, 10, 20):
        share = np.log((limit + 1) / 2) / np.log(41 / 2)
        assert abs((counts <= limit).mean() - share) < 0.07
    again = len(transform(sample(5))['guidance_points'])
    assert again == counts[5]


def test_max_points__a_range_of_one_number_is_that_number():
    """No draw is spent: points are those of the plain number."""
    options = dict(strategies=['grid'], bg_ratio=1 / 9, nms_size=15)
    one = build(**options, max_points=(7, 7))(sample())
    two = build(**options, max_points=7)(sample())
    key = 'guidance_points'
    np.testing.assert_array_equal(one[key], two[key])
    assert 'max_points=(2, 9)' in repr(build(max_points=[2, 9]))
    assert 'max_points=7)' in repr(build(max_points=7))


@pytest.mark.parametrize('wrong', [(0, 4), (5, 4), (1, 2, 3), [-1, 4]])
def test_max_points__ranges_that_make_no_sense(wrong):
    with pytest.raises(ValueError, match='1 <= low <= high'):
        build(max_points=wrong)
