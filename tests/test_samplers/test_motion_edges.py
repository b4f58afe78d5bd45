"""Edge strength of flow, against loops and against scipy's rounding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import convolve2d

from mmssl.samplers.motion_edges import (
    edge_mask,
    motion_edges,
    subsampling_step,
)

KERNEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])


def random_flow(h, w, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.normal(size=(h, w, 2)) * 10).astype(np.float32)


def mirrored(index, size):
    """Symmetric boundary: ... 1 0 | 0 1 2 | 2 1 ..."""
    while not 0 <= index < size:
        index = -1 - index if index < 0 else 2 * size - 1 - index
    return index


def naive_edges(flow):
    h, w = flow.shape[:2]
    edges = np.zeros((h, w))
    for row in range(h):
        for col in range(w):
            for channel in range(2):
                gx = gy = 0.0
                for i in range(3):
                    for j in range(3):
                        value = float(
                            flow[
                                mirrored(row + 1 - i, h),
                                mirrored(col + 1 - j, w),
                                channel,
                            ]
                        )
                        gx += KERNEL[i, j] * value
                        gy += KERNEL[j, i] * value
                edges[row, col] += (gx**2 + gy**2) ** 0.5
    return edges


def published_edges(flow):
    """The published arithmetic: scipy's convolution, all in float32."""
    total = np.float32(0)
    kernel = KERNEL.astype(np.float32)
    for channel in (flow[..., 0], flow[..., 1]):
        gx = convolve2d(channel, kernel, mode='same', boundary='symm')
        gy = convolve2d(channel, kernel.T, mode='same', boundary='symm')
        total = total + np.sqrt(gx**2 + gy**2)
    return total


@pytest.mark.parametrize('shape', [(1, 1), (1, 6), (6, 1), (2, 2), (7, 11)])
def test_motion_edges__equals_loops(shape):
    flow = random_flow(*shape)
    np.testing.assert_allclose(
        motion_edges(flow), naive_edges(flow), rtol=1e-5, atol=1e-4
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 99))
def test_motion_edges__rounds_as_scipy(h, w, seed):
    flow = random_flow(h, w, seed)
    np.testing.assert_array_equal(motion_edges(flow), published_edges(flow))


def test_motion_edges__leaves_the_flow_alone():
    flow = random_flow(5, 6)
    before = flow.copy()
    motion_edges(flow)
    np.testing.assert_array_equal(flow, before)


def test_edge_mask__equals_the_formula():
    edges = published_edges(random_flow(30, 40))
    expected = edges / max(edges.max(), 0.01) > 0.1
    assert 0 < expected.sum() < expected.size
    np.testing.assert_array_equal(edge_mask(edges), expected)


def test_edge_mask__weak_edges_count_against_a_floor():
    # Below 0.01 the scale is 0.01, not the strongest edge.
    weak = np.array([[0.0, 0.0009, 0.0011, 0.002]], np.float32)
    assert edge_mask(weak).tolist() == [[False, False, True, True]]
    assert edge_mask(weak * 10).tolist() == [[False, True, True, True]]


@pytest.mark.parametrize('value', [0.0, 0.1, 17.3, -400.7])
def test_edge_mask__none_in_constant_flow(value):
    flow = np.full((20, 30, 2), value, np.float32)
    assert not edge_mask(motion_edges(flow)).any()


@pytest.mark.parametrize(
    ('height', 'width', 'step'),
    [(1, 1, 1), (399, 399, 1), (799, 10, 1), (10, 800, 2), (1200, 1919, 4)],
)
def test_subsampling_step__floors(height, width, step):
    assert subsampling_step(height, width) == step
