import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.evaluation import baselines


def naive_fill(points, vectors, shape_hw):
    """Try all points for each pixel; on ties the first in row-major order."""
    flow = np.zeros((*shape_hw, 2), dtype=np.float32)
    last = {tuple(p): v for p, v in zip(points, vectors)}  # last one counts
    ordered = sorted(last)  # by row, then column
    for row in range(shape_hw[0]):
        for col in range(shape_hw[1]):
            best = None
            for r, c in ordered:
                distance = (r - row) ** 2 + (c - col) ** 2
                if best is None or distance < best:
                    best, flow[row, col] = distance, last[r, c]
    return flow


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 12),
    st.integers(1, 12),
    st.integers(0, 30),
)
def test_nearest_guidance_fill__equals_naive_loop(seed, height, width, k):
    rng = np.random.default_rng(seed)
    points = rng.integers(0, (height, width), (k, 2))
    vectors = rng.normal(size=(k, 2)).astype(np.float32)
    filled = baselines.nearest_guidance_fill(points, vectors, (height, width))
    expected = naive_fill(points.tolist(), vectors, (height, width))
    np.testing.assert_array_equal(filled, expected)


def test_nearest_guidance_fill__hand_made_ties():
    points = [[0, 0], [2, 2], [0, 4]]
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    filled = baselines.nearest_guidance_fill(points, vectors, (3, 5))
    assert filled[0, 2].tolist() == [0, 1]  # all three at distance 2
    assert filled[2, 0].tolist() == [0, 1]  # 2 and 2: the upper one
    assert filled[1, 2].tolist() == [2, 3]
    assert filled[0, 3].tolist() == [4, 5]


def test_nearest_guidance_fill__order_of_points_is_irrelevant():
    rng = np.random.default_rng(3)
    points = rng.permutation(24 * 17)[:40]
    points = np.stack(np.divmod(points, 17), axis=1)
    vectors = rng.normal(size=(40, 2))
    shuffle = rng.permutation(40)
    one = baselines.nearest_guidance_fill(points, vectors, (24, 17))
    two = baselines.nearest_guidance_fill(
        points[shuffle], vectors[shuffle], (24, 17)
    )
    np.testing.assert_array_equal(one, two)


def test_nearest_guidance_fill__all_pixels_given_returns_the_flow():
    flow = np.random.default_rng(0).normal(size=(6, 9, 2)).astype(np.float32)
    points = np.argwhere(np.ones((6, 9)))
    filled = baselines.nearest_guidance_fill(
        points, flow.reshape(-1, 2), (6, 9)
    )
    np.testing.assert_array_equal(filled, flow)


def test_nearest_guidance_fill__last_of_two_vectors_at_one_pixel():
    filled = baselines.nearest_guidance_fill(
        [[1, 1], [1, 1]], [[1, 0], [5, 6]], (2, 2)
    )
    np.testing.assert_array_equal(filled, np.tile([5, 6], (2, 2, 1)))


@pytest.mark.parametrize('empty', [[], np.zeros((0, 2), dtype=np.int64)])
def test_nearest_guidance_fill__no_point_is_zero_flow(empty):
    filled = baselines.nearest_guidance_fill(empty, empty, (3, 4))
    np.testing.assert_array_equal(filled, baselines.zero_flow((3, 4)))
    assert filled.dtype == np.float32


@pytest.mark.parametrize('point', [(-1, 0), (3, 0), (0, 4), (0, -1)])
def test_nearest_guidance_fill__point_outside(point):
    with pytest.raises(ValueError, match=r'outside the image of height 3'):
        baselines.nearest_guidance_fill([point], [[1, 1]], (3, 4))


def test_nearest_guidance_fill__count_mismatch_and_shape():
    with pytest.raises(ValueError, match='1 points and 2 vectors'):
        baselines.nearest_guidance_fill([[0, 0]], np.ones((2, 2)), (3, 4))
    with pytest.raises(ValueError, match=r'shape \(K, 2\), got \(2, 3\)'):
        baselines.nearest_guidance_fill(np.ones((2, 3)), [], (3, 4))
    with pytest.raises(ValueError, match='at least one point'):
        baselines.nearest_point_map([], (3, 4))
