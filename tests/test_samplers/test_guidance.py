"""Guidance sampling as a whole, against golden points and its promises."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt, maximum_filter

from mmssl.samplers import STRATEGIES, sample_guidance
from mmssl.samplers.motion_edges import motion_edges

GOLDEN = Path(__file__).parents[1] / 'data/golden/cmp_guidance.npz'


def sample(flow, *names, bg_ratio=1 / 400, nms_size=15, limit=-1, seed=0, **k):
    rng = np.random.default_rng(seed)
    return sample_guidance(flow, names, bg_ratio, nms_size, limit, rng, **k)


def object_flow(h, w, seed=0):
    """A few constant ellipses before a constant background."""
    rng = np.random.default_rng(seed)
    rows, cols = np.indices((h, w))
    flow = np.broadcast_to(rng.normal(size=2), (h, w, 2)).astype(np.float32)
    for _ in range(4):
        y, x = rng.uniform(0, (h, w))
        a, b = rng.uniform(0.1, 0.4, 2) * min(h, w)
        inside = ((rows - y) / a) ** 2 + ((cols - x) / b) ** 2 < 1
        flow[inside] = rng.normal(size=2) * 10
    return flow


def as_set(points):
    return {tuple(point) for point in points.tolist()}


def near(a, b, distance):
    return abs(a[0] - b[0]) < distance and abs(a[1] - b[1]) < distance


def golden_cases(strategy):
    with np.load(GOLDEN) as golden:
        return sorted(
            key
            for key in golden.files
            if key.split('/')[1].startswith(strategy)
        )


@pytest.mark.parametrize('key', golden_cases('g'))
def test_golden__grid_and_gradnms_are_equal(key):
    group, name = key.split('/')
    strategy, nms, _ = name.split('_')
    sides = {'384x384': 80, '320x320': 165, '192x256': 80}
    ratio = {80: 1.5625e-4, 165: 3.629e-5}[sides[group.split('_')[1]]]
    with np.load(GOLDEN) as golden:
        flow, expected = golden[f'{group}/flow'], golden[key]
    points = sample(
        flow, strategy, bg_ratio=ratio, nms_size=int(nms[len('nms') :])
    )
    assert Counter(map(tuple, points.tolist())) == Counter(
        map(tuple, expected.tolist())
    )


@pytest.mark.parametrize(
    'key', [k for k in golden_cases('watershed') if 'candidates' in k]
)
def test_golden__watershed_thins_the_candidates(key):
    group, name = key.split('/')
    nms_size = int(name.split('_')[1][len('nms') :])
    distance = (nms_size - 1) // 2
    with np.load(GOLDEN) as golden:
        flow, candidates = golden[f'{group}/flow'], as_set(golden[key])
    for seed in range(5):
        kept = as_set(sample(flow, 'watershed', nms_size=nms_size, seed=seed))
        assert kept <= candidates
        for a in kept:
            assert not any(near(a, b, distance) for b in kept - {a})
        reached = kept
        for _ in candidates:
            reached = {
                p
                for p in candidates
                if any(near(p, q, distance) for q in reached)
            }
        assert reached == candidates


def naive_watershed_candidates(flow, nms_size):
    """Subsample, edges, distance, suppression, border, scale back."""
    step = max(1, int(max(flow.shape[:2]) / 400))
    edges = motion_edges(np.ascontiguousarray(flow[::step, ::step]))
    mask = edges / max(edges.max(), 0.01) > 0.1
    distance = distance_transform_edt(~mask)
    peaks = (distance == maximum_filter(distance, nms_size)) & (distance > 0)
    peaks[[0, -1]] = peaks[:, [0, -1]] = False
    return as_set(np.argwhere(peaks) * step)


@pytest.mark.parametrize('shape', [(60, 90), (81, 820), (1000, 40)])
def test_watershed__subsamples_large_maps(shape):
    flow = object_flow(*shape)
    candidates = naive_watershed_candidates(flow, 5)
    step = max(1, max(shape) // 400)
    kept = as_set(sample(flow, 'watershed', nms_size=5))
    assert kept
    assert kept <= candidates
    # The distance counts subsampled pixels.
    assert not any(near(a, b, 2 * step) for a in kept for b in kept - {a})
    assert all(any(near(a, b, 2 * step) for b in kept) for a in kept)


def test_gradnms__subsamples_large_maps():
    flow = object_flow(81, 820)
    small = np.ascontiguousarray(flow[::2, ::2])
    expected = {(2 * r, 2 * c) for r, c in as_set(sample(small, 'gradnms'))}
    assert expected
    assert as_set(sample(flow, 'gradnms')) == expected


def test_constant_flow__leaves_the_grid_only():
    flow = np.full((90, 70, 2), 3.7, np.float32)
    assert sample(flow, 'watershed', 'gradnms').shape == (0, 2)
    points = sample(flow, 'grid', 'watershed')
    assert as_set(points) == as_set(sample(flow, 'grid'))


def test_strategies__are_put_together_with_duplicates():
    flow = object_flow(50, 60)
    one = Counter(map(tuple, sample(flow, 'grid').tolist()))
    given_points = sample(flow, 'grid')[:2]
    both = sample(flow, 'grid', 'specified', 'grid', points=given_points)
    expected = one + one + Counter(map(tuple, given_points.tolist()))
    assert Counter(map(tuple, both.tolist())) == expected


@pytest.mark.parametrize('limit', [0, 1, 5, 9, 100])
def test_limit__is_a_uniform_choice_in_random_order(limit):
    flow = object_flow(60, 60)
    whole = as_set(sample(flow, 'grid'))
    assert len(whole) == 9
    seen = Counter()
    for seed in range(200):
        points = sample(flow, 'grid', limit=limit, seed=seed).tolist()
        assert len(points) == min(limit, 9)
        seen.update(tuple(point) for point in points[:1])
    if limit:
        assert set(seen) == whole  # each comes first at times
        assert max(seen.values()) < 45  # 22 +- 4.4 expected


def test_full__ignores_everything_else():
    flow = object_flow(4, 5)
    expected = [[row, col] for row in range(4) for col in range(5)]
    points = sample(flow, 'grid', 'full', 'specified', limit=3)
    assert points.tolist() == expected


def test_single__is_one_moving_pixel_or_none():
    flow = np.zeros((9, 8, 2), np.float32)
    assert sample(flow, 'single').shape == (0, 2)
    flow[3, 4, 1] = 1
    assert sample(flow, 'single').tolist() == [[3, 4]]


def test_uniform__count():
    assert len(sample(object_flow(50, 60), 'uniform', bg_ratio=0.01)) == 30


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 70),
    st.integers(1, 70),
    st.integers(0, 99),
    st.lists(
        st.sampled_from([s for s in STRATEGIES if s != 'specified']),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from([1, 3, 11, 41]),
    st.integers(-1, 12),
)
def test_any__points_lie_inside_and_the_seed_decides(
    h, w, seed, names, nms_size, limit
):
    flow = object_flow(h, w, seed)
    options = dict(nms_size=nms_size, limit=limit, seed=seed)
    points = sample(flow, *names, **options)
    assert points.dtype == np.int64
    assert points.ndim == 2
    assert ((points >= 0) & (points < (h, w))).all()
    if limit >= 0 and 'full' not in names:
        assert len(points) <= limit
    np.testing.assert_array_equal(points, sample(flow, *names, **options))


def test_any__another_seed_another_order():
    flow = object_flow(90, 90)
    first, second = (sample(flow, 'grid', seed=s).tolist() for s in (0, 1))
    assert first != second
    assert sorted(first) == sorted(second)


def test_bad_input__is_refused():
    flow = object_flow(9, 9)
    with pytest.raises(ValueError, match="unknown guidance strategy 'x'"):
        sample(flow, 'x')
    with pytest.raises(ValueError, match='must be odd'):
        sample(flow, 'grid', nms_size=4)
    with pytest.raises(ValueError, match=r'shape \(H, W, 2\)'):
        sample(flow[..., 0], 'grid')
    with pytest.raises(ValueError, match='finite'):
        sample(flow * np.nan, 'grid')
    with pytest.raises(ValueError, match='image of 9 rows and 9 columns'):
        sample(flow, 'specified', points=[[9, 0]])
