"""Maxima of the edge score, against loops, published rounding, golden."""

from pathlib import Path

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st
from mmengine.utils import digit_version
from scipy.ndimage import gaussian_filter, maximum_filter
from scipy.signal import convolve2d

from mmssl.samplers.edge_maxima import edge_maxima
from mmssl.samplers.motion_edges import motion_edges

GOLDEN = Path(__file__).parents[1] / 'data/golden/cmp_guidance.npz'


def published_mean(edges, side):
    """Box mean, float32, from the last pixel to the first, in fours."""
    h, w = edges.shape
    before = side // 2
    padded = np.pad(
        edges * (np.float32(1) / np.float32(side * side)),
        (before, side - 1 - before),
        mode='symmetric',
    )
    total = np.zeros((h, w), np.float32)
    for i in reversed(range(side)):
        row = [padded[i : i + h, j : j + w] for j in reversed(range(side))]
        while len(row) >= 4:
            total = total + (((row[0] + row[1]) + row[2]) + row[3])
            row = row[4:]
        for term in row:
            total = total + term
    return total


def published_maxima(edges, window):
    """All of the score in the published rounding."""
    wide = edges.shape[1] // 20
    means = [published_mean(edges, side) for side in (wide, wide // 2)]
    score = means[0] / means[0].max() - means[1] / means[1].max()
    highest = maximum_filter(score, window, mode='constant', cval=-np.inf)
    return np.argwhere((score == highest) & (score > 0.1))


def naive_score(edges):
    """Loops over boxes, float64."""
    h, w = edges.shape
    wide = max(1, w // 20)
    means = []
    for side in (wide, max(1, wide // 2)):
        before = side // 2
        padded = np.pad(
            edges.astype(np.float64),
            (before, side - 1 - before),
            mode='symmetric',
        )
        mean = np.empty((h, w))
        for row in range(h):
            for col in range(w):
                mean[row, col] = padded[
                    row : row + side, col : col + side
                ].mean()
        means.append(mean / mean.max())
    return means[0] - means[1]


def smooth_edges(h, w, seed):
    rng = np.random.default_rng(seed)
    rows, cols = np.indices((h, w))
    flow = np.zeros((h, w, 2))
    for _ in range(4):
        y, x = rng.uniform(0, (h, w))
        a, b = rng.uniform(0.1, 0.5, 2) * min(h, w)
        inside = ((rows - y) / a) ** 2 + ((cols - x) / b) ** 2 < 1
        flow[inside] = rng.normal(size=2) * 10
    flow = gaussian_filter(flow, (1, 1, 0)).astype(np.float32)
    flow[seed % h, seed % w] += 1  # an edge, whatever was drawn
    return motion_edges(flow)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 60),
    st.integers(40, 190),
    st.integers(0, 999),
    st.sampled_from([1, 5, 15, 41]),
)
def test_edge_maxima__equal_the_published_rounding(h, w, seed, window):
    edges = smooth_edges(h, w, seed)
    np.testing.assert_array_equal(
        edge_maxima(edges, window), published_maxima(edges, window)
    )


def test_edge_maxima__equal_the_published_rounding_on_a_straight_edge():
    # All along the edge the score differs by rounding only.
    flow = np.zeros((120, 130, 2), np.float32)
    flow[:, 61:] = 3.3, -1.7
    edges = motion_edges(flow)
    expected = published_maxima(edges, 15)
    assert len(expected) > 20
    np.testing.assert_array_equal(edge_maxima(edges, 15), expected)


@pytest.mark.skipif(
    digit_version(scipy.__version__) < digit_version('1.16'),
    reason='older convolve2d adds one term after the other',
)
@pytest.mark.parametrize('side', [1, 2, 3, 4, 7, 16, 19])
def test_published_mean__is_scipys(side):
    edges = smooth_edges(50, 60, side)
    box = np.ones((side, side), np.float32) / (side * side)
    expected = convolve2d(edges, box, mode='same', boundary='symm')
    np.testing.assert_array_equal(published_mean(edges, side), expected)


def test_edge_maxima__are_maxima_of_the_score():
    edges = smooth_edges(60, 90, 5)
    score = naive_score(edges)
    points = edge_maxima(edges, 15)
    assert len(points) > 3
    for row, col in points:
        around = score[max(row - 7, 0) : row + 8, max(col - 7, 0) : col + 8]
        assert score[row, col] > 0.1 - 1e-6
        assert score[row, col] > around.max() - 1e-6


def test_edge_maxima__narrower_than_the_published_code_bears():
    edges = np.zeros((5, 40), np.float32)
    edges[2, 20] = 1
    expected = [[2, 21], [3, 20], [3, 21]]  # 2x2 box less the pixel itself
    assert edge_maxima(edges, 5).tolist() == expected
    # Both boxes are single pixels: the score is zero everywhere.
    assert len(edge_maxima(edges[:, :39], 5)) == 0


@pytest.mark.parametrize('shape', [(1, 1), (30, 50)])
def test_edge_maxima__none_without_edges(shape):
    points = edge_maxima(np.zeros(shape, np.float32), 5)
    assert points.shape == (0, 2)
    assert points.dtype == np.int64


def test_edge_maxima__golden():
    checked = 0
    with np.load(GOLDEN) as golden:
        for key in golden.files:
            group, name = key.split('/')
            if not name.startswith('gradnms'):
                continue
            window = int(name.split('_')[1][len('nms') :])
            edges = motion_edges(golden[f'{group}/flow'])
            np.testing.assert_array_equal(
                edge_maxima(edges, window), golden[key], err_msg=key
            )
            checked += 1
    assert checked == 6
