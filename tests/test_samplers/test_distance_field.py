"""Exact distances at chosen pixels, against the minimum over all edges."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.samplers.distance_field import SIDE, DistanceField


def naive_squared(edges):
    rows, cols = np.nonzero(edges)
    h, w = edges.shape
    squared = np.empty((h, w))
    for row in range(h):
        for col in range(w):
            squared[row, col] = ((rows - row) ** 2 + (cols - col) ** 2).min()
    return squared


def random_edges(h, w, seed, count):
    rng = np.random.default_rng(seed)
    edges = np.zeros((h, w), bool)
    edges[rng.integers(0, h, count), rng.integers(0, w, count)] = True
    return edges


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 8),
    st.integers(1, 30),
    st.integers(0, 99),
    st.integers(1, 20),
    st.integers(0, 9),
)
def test_squared__is_exact(blocks, width, seed, count, extra):
    edges = random_edges(blocks * SIDE, width, seed, count)
    expected = naive_squared(edges)
    reach = int(np.sqrt(expected.max())) + 1 + extra
    field = DistanceField(edges, reach)
    rows, cols = np.indices(edges.shape).reshape(2, -1)
    found = field.squared(rows, cols)
    np.testing.assert_array_equal(found.reshape(edges.shape), expected)


def test_squared__looks_only_as_far_as_asked():
    # Distances up to 4 are right although the row is 90 long.
    edges = np.zeros((3, 90), bool)
    edges[1, ::9] = True
    rows, cols = np.indices(edges.shape).reshape(2, -1)
    found = DistanceField(edges, 5).squared(rows, cols)
    np.testing.assert_array_equal(
        found.reshape(edges.shape), naive_squared(edges)
    )


def test_squared__of_no_pixels():
    field = DistanceField(np.eye(3, dtype=bool), 3)
    none = np.empty(0, np.int64)
    assert field.squared(none, none).shape == (0,)


def test_squared__more_pixels_than_fit_at_once():
    edges = random_edges(300, 301, 0, 5)
    rows, cols = np.indices(edges.shape).reshape(2, -1)[:, ::97]
    found = DistanceField(edges, 500).squared(rows, cols)
    edge_rows, edge_cols = np.nonzero(edges)
    expected = (
        (edge_rows - rows[:, None]) ** 2 + (edge_cols - cols[:, None]) ** 2
    ).min(1)
    np.testing.assert_array_equal(found, expected)
