"""Messages on bad options, flow and points of guidance sampling."""

import numpy as np
import pytest

from mmssl.samplers.guidance_checks import (
    STRATEGIES,
    check_guidance_options,
    checked_flow,
    checked_points,
)

GOOD = dict(strategies=['grid'], bg_ratio=1 / 6400, nms_size=41, max_points=-1)


def check(**changed):
    check_guidance_options(**{**GOOD, **changed})


def test_options__good_ones_pass():
    check(strategies=STRATEGIES, bg_ratio=1, nms_size=1, max_points=0)
    check(nms_size=np.int64(3), max_points=np.int32(7))


def test_options__strategies_are_listed_sorted():
    assert list(STRATEGIES) == sorted(STRATEGIES)
    listed = 'full, gradnms, grid, single, specified, uniform, watershed$'
    with pytest.raises(ValueError, match="'edge'; valid are " + listed):
        check(strategies=['grid', 'edge'])
    with pytest.raises(ValueError, match='empty; name one or more of'):
        check(strategies=[])


def test_options__a_bare_string_is_no_list():
    with pytest.raises(TypeError, match=r"write \['grid'\]"):
        check(strategies='grid')


@pytest.mark.parametrize('bg_ratio', [0, -0.1, 1.01, float('nan')])
def test_options__bg_ratio_is_a_share(bg_ratio):
    with pytest.raises(ValueError, match=rf'\(0, 1\], got {bg_ratio}'):
        check(bg_ratio=bg_ratio)


@pytest.mark.parametrize('nms_size', [0, 2, 40, -3])
def test_options__nms_size_is_odd(nms_size):
    with pytest.raises(ValueError, match=f'odd and positive.*got {nms_size}'):
        check(nms_size=nms_size)


@pytest.mark.parametrize('key', ['nms_size', 'max_points'])
@pytest.mark.parametrize('value', [41.0, '41', True, None])
def test_options__sizes_are_integers(key, value):
    with pytest.raises(TypeError, match=f'{key} must be an integer'):
        check(**{key: value})


def test_options__max_points_has_one_negative_value():
    with pytest.raises(ValueError, match=r'-1 \(no limit\) or .* got -2'):
        check(max_points=-2)


@pytest.mark.parametrize(
    'shape', [(4, 5), (4, 5, 3), (2, 4, 5), (0, 5, 2), (4, 0, 2)]
)
def test_flow__shape(shape):
    with pytest.raises(ValueError, match=r'\(H, W, 2\), not empty, got \('):
        checked_flow(np.zeros(shape))


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
def test_flow__names_the_first_value_that_is_not_finite(bad):
    flow = np.zeros((4, 5, 2), np.float32)
    flow[2, 3, 1] = flow[3, 0, 0] = bad
    with pytest.raises(ValueError, match=r'finite.* row 2, column 3'):
        checked_flow(flow)


def test_flow__large_but_finite_passes():
    flow = np.full((4, 5, 2), 1e30, np.float32)  # squares overflow
    np.testing.assert_array_equal(checked_flow(flow), flow)


def test_flow__becomes_contiguous_float32():
    flow = np.arange(40).reshape(4, 5, 2)[:, ::-1]
    out = checked_flow(flow)
    assert out.dtype == np.float32
    assert out.flags.c_contiguous
    np.testing.assert_array_equal(out, flow)


def test_points__good_ones_pass():
    points = checked_points([[0, 0], [3, 4], [0, 0]], 4, 5)
    assert points.dtype == np.int64
    assert points.tolist() == [[0, 0], [3, 4], [0, 0]]
    assert checked_points([], 4, 5).shape == (0, 2)


@pytest.mark.parametrize('point', [(4, 0), (0, 5), (-1, 2), (2, -1)])
def test_points__outside_names_point_and_size(point):
    row, col = point
    message = (
        rf'\(row {row}, column {col}\) lies outside the image of '
        '4 rows and 5 columns'
    )
    with pytest.raises(ValueError, match=message):
        checked_points([[1, 1], point], 4, 5)


def test_points__other_mistakes():
    with pytest.raises(ValueError, match="'specified' needs points"):
        checked_points(None, 4, 5)
    with pytest.raises(ValueError, match=r'\(K, 2\), got \(2,\)'):
        checked_points([1, 2], 4, 5)
    with pytest.raises(TypeError, match='integers, got float64'):
        checked_points([[1.0, 2.0]], 4, 5)
