"""Peaks of the distance to the nearest edge, against loops and golden."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt, maximum_filter

from mmssl.samplers.distance_peaks import dense_peaks, distance_peaks
from mmssl.samplers.motion_edges import edge_mask, motion_edges

GOLDEN = Path(__file__).parents[1] / 'data/golden/cmp_guidance.npz'


def naive_peaks(edges, window):
    """From the definition, with loops over all pixels and all edges."""
    h, w = edges.shape
    radius = window // 2
    places = np.argwhere(edges)
    squared = {
        (row, col): min(
            (row - y) ** 2 + (col - x) ** 2 for y, x in places.tolist()
        )
        for row in range(h)
        for col in range(w)
    }
    found = []
    for row in range(1, h - 1):
        for col in range(1, w - 1):
            around = [
                squared[y, x]
                for y in range(max(row - radius, 0), min(row + radius + 1, h))
                for x in range(max(col - radius, 0), min(col + radius + 1, w))
            ]
            if 0 < squared[row, col] == max(around):
                found.append([row, col])
    return found


def scipy_peaks(edges, window):
    distance = distance_transform_edt(~edges)
    peaks = (distance == maximum_filter(distance, window)) & (distance > 0)
    peaks[[0, -1]] = peaks[:, [0, -1]] = False
    return np.argwhere(peaks)


def random_edges(h, w, seed, count):
    rng = np.random.default_rng(seed)
    edges = np.zeros((h, w), bool)
    edges[rng.integers(0, h, count), rng.integers(0, w, count)] = True
    return edges


def ellipse_edges(h, w, seed, thickness=2.0):
    """Outlines of a few ellipses: long ridges, as real objects have."""
    rng = np.random.default_rng(seed)
    rows, cols = np.indices((h, w))
    edges = np.zeros((h, w), bool)
    for _ in range(4):
        y, x = rng.uniform(0, (h, w))
        a, b = rng.uniform(0.1, 0.4, 2) * min(h, w)
        radius = np.hypot((rows - y) / a, (cols - x) / b)
        edges |= np.abs(radius - 1) * min(a, b) < thickness
    return edges


@pytest.mark.parametrize('find', [distance_peaks, dense_peaks])
@pytest.mark.parametrize('window', [1, 3, 11])
@pytest.mark.parametrize('count', [1, 4, 30])
def test_peaks__equal_loops(find, window, count):
    edges = random_edges(13, 17, count, count)
    expected = naive_peaks(edges, window)
    assert find(edges, window).tolist() == expected


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 70),
    st.integers(1, 70),
    st.integers(0, 999),
    st.integers(1, 40),
    st.integers(5, 40),
)
def test_peaks__equal_scipy_on_scattered_edges(h, w, seed, count, radius):
    edges = random_edges(h, w, seed, count)
    window = 2 * radius + 1
    expected = scipy_peaks(edges, window)
    np.testing.assert_array_equal(distance_peaks(edges, window), expected)
    np.testing.assert_array_equal(dense_peaks(edges, window), expected)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(80, 130),
    st.integers(80, 130),
    st.integers(0, 999),
    st.sampled_from([11, 15, 41, 81, 301]),
)
def test_peaks__equal_scipy_on_outlines(h, w, seed, window):
    edges = ellipse_edges(h, w, seed)
    edges[seed % h, seed % w] = True
    np.testing.assert_array_equal(
        distance_peaks(edges, window), scipy_peaks(edges, window)
    )


@pytest.mark.parametrize('share', [0.5, 0.05])
def test_peaks__equal_scipy_where_all_is_near_an_edge(share):
    """What flow of smooth fields gives: the literal way is taken."""
    rng = np.random.default_rng(0)
    edges = rng.random((384, 384)) < share
    np.testing.assert_array_equal(
        distance_peaks(edges, 41), scipy_peaks(edges, 41)
    )


@pytest.mark.parametrize('shape', [(5, 400), (400, 4), (3, 3), (1, 50)])
def test_peaks__equal_scipy_on_narrow_maps(shape):
    edges = random_edges(*shape, 3, 4)
    np.testing.assert_array_equal(
        distance_peaks(edges, 41), scipy_peaks(edges, 41)
    )


def test_peaks__all_of_a_plateau():
    edges = np.zeros((41, 60), bool)
    edges[[0, -1]] = True
    expected = [[20, col] for col in range(1, 59)]
    assert distance_peaks(edges, 41).tolist() == expected


def test_peaks__none_on_the_border():
    edges = np.zeros((30, 30), bool)
    edges[15, 15] = True  # the corners are farthest
    assert distance_peaks(edges, 41).tolist() == []


@pytest.mark.parametrize('value', [False, True])
@pytest.mark.parametrize('shape', [(1, 1), (2, 5), (50, 50)])
@pytest.mark.parametrize('window', [3, 41])
def test_peaks__none_without_or_with_only_edges(value, shape, window):
    peaks = distance_peaks(np.full(shape, value), window)
    assert peaks.shape == (0, 2)
    assert peaks.dtype == np.int64


def test_peaks__golden_candidates():
    checked = 0
    with np.load(GOLDEN) as golden:
        for key in golden.files:
            if not key.endswith('_candidates'):
                continue
            group, name = key.split('/')
            window = int(name.split('nms')[1].split('_')[0])
            edges = edge_mask(motion_edges(golden[f'{group}/flow']))
            for find in (distance_peaks, dense_peaks):
                np.testing.assert_array_equal(
                    find(edges, window), golden[key], err_msg=key
                )
            checked += 1
    assert checked == 6
