"""Point sets that need no edges, against loops."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.samplers.points import (
    all_points,
    grid_points,
    moving_point,
    points_where,
    uniform_points,
)


def naive_grid(height, width, bg_ratio):
    stride = int(math.sqrt(1 / bg_ratio))
    points = []
    row = int((height - math.floor(height / stride) * stride) / 2)
    while row < height:
        col = int((width - math.floor(width / stride) * stride) / 2)
        while col < width:
            points.append([row, col])
            col += stride
        row += stride
    return points


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 500),
    st.integers(1, 500),
    st.floats(1e-5, 1, exclude_min=True),
)
def test_grid_points__equal_loops(height, width, bg_ratio):
    if height * width * bg_ratio > 3000:
        height = width = 50
    points = grid_points(height, width, bg_ratio)
    assert points.dtype == np.int64
    assert points.tolist() == naive_grid(height, width, bg_ratio)


@pytest.mark.parametrize(
    ('bg_ratio', 'size', 'stride', 'count'),
    [
        (1.5625e-4, 384, 80, 25),
        (2.5e-5, 384, 200, 4),
        (3.629e-5, 320, 165, 4),  # 166 but for the truncation
        (5.632e-5, 256, 133, 4),
        (1.5625e-4, 320, 80, 16),
        (5.74e-5, 384, 131, 9),  # 132 but for the truncation
    ],
)
def test_grid_points__of_the_published_configs(bg_ratio, size, stride, count):
    points = grid_points(size, size, bg_ratio)
    assert len(points) == count
    assert set(np.diff(np.unique(points[:, 0]))) == {stride}


def test_uniform_points__count_and_range():
    rng = np.random.default_rng(0)
    points = uniform_points(3, 200, 0.9999, rng)
    assert points.shape == (int(0.9999 * 600), 2)
    assert set(points[:, 0]) == {0, 1, 2}
    assert points[:, 1].min() >= 0
    assert points[:, 1].max() <= 199
    assert uniform_points(3, 20, 1e-6, rng).shape == (0, 2)


def test_uniform_points__rows_and_columns_are_independent_and_uniform():
    rng = np.random.default_rng(1)
    points = np.concatenate(
        [uniform_points(2, 3, 1.0, rng) for _ in range(3000)]
    )
    counts = np.bincount(points[:, 0] * 3 + points[:, 1], minlength=6)
    expected = len(points) / 6
    assert ((counts - expected) ** 2 / expected).sum() < 20.5  # p = 0.001


def test_moving_point__is_uniform_over_the_moving_pixels():
    flow = np.zeros((4, 5, 2), np.float32)
    flow[0, 4, 0] = 1
    flow[2, 1, 1] = -1
    flow[3, 3] = 2, 2
    rng = np.random.default_rng(0)
    found = [tuple(moving_point(flow, rng)[0].tolist()) for _ in range(900)]
    counts = {point: found.count(point) for point in set(found)}
    assert set(counts) == {(0, 4), (2, 1), (3, 3)}
    assert all(abs(count - 300) < 57 for count in counts.values())  # 4 sigma


def test_moving_point__none_where_nothing_moves():
    points = moving_point(np.zeros((4, 5, 2)), np.random.default_rng(0))
    assert points.shape == (0, 2)
    assert points.dtype == np.int64


def test_all_points__row_major():
    expected = [[row, col] for row in range(3) for col in range(4)]
    assert all_points(3, 4).tolist() == expected


def test_points_where__equals_argwhere():
    mask = np.random.default_rng(0).random((7, 9)) < 0.3
    np.testing.assert_array_equal(points_where(mask), np.argwhere(mask))
    assert points_where(np.zeros((3, 4), bool)).shape == (0, 2)
