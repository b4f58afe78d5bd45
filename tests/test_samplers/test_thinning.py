"""Elimination of near points, against the published loop over pairs."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.samplers.thinning import thin_points


def near(a, b, distance):
    return abs(a[0] - b[0]) < distance and abs(a[1] - b[1]) < distance


def published_thinning(points, distance, coin):
    """Visit all ordered pairs; of two living near ones a coin drops one."""
    alive = [True] * len(points)
    for i, j in product(range(len(points)), repeat=2):
        if i == j or not near(points[i], points[j], distance):
            continue
        if alive[i] and alive[j]:
            alive[i if coin() else j] = False
    return tuple(i for i, living in enumerate(alive) if living)


def law_of_result(points, distance):
    """Exact probability of each kept set, by trying all coins."""
    law = Counter()

    def run(coins):
        used = iter(coins)
        try:
            kept = published_thinning(points, distance, lambda: next(used))
        except StopIteration:
            run([*coins, False])
            run([*coins, True])
        else:
            law[kept] += 0.5 ** len(coins)

    run([])
    return law


def random_points(seed, count, size):
    rng = np.random.default_rng(seed)
    return np.unique(rng.integers(0, size, (count, 2)), axis=0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 99), st.integers(1, 60), st.integers(0, 25))
def test_thin_points__keeps_a_valid_subset(seed, count, distance):
    points = random_points(seed, count, 60)
    kept = thin_points(points, distance, np.random.default_rng(seed))
    kept_list = kept.tolist()
    assert kept_list == sorted(kept_list)
    assert {tuple(p) for p in kept_list} <= {tuple(p) for p in points.tolist()}
    for i, a in enumerate(kept_list):
        assert not any(near(a, b, distance) for b in kept_list[i + 1 :])
    reached = {tuple(p) for p in kept_list}
    while True:  # what hangs together with a kept point by near steps
        grown = {
            tuple(p)
            for p in points.tolist()
            if any(near(p, q, max(distance, 1)) for q in reached)
        }
        if grown == reached:
            break
        reached = grown
    assert len(reached) == len(points)


@pytest.mark.parametrize(
    'points',
    [
        [[0, 0], [0, 3], [0, 6]],  # a chain: ends are not near each other
        [[0, 0], [1, 1], [2, 2], [3, 3]],  # all near
        [[0, 3], [2, 0], [2, 6], [4, 3]],  # a ring
        [[0, 0], [0, 20], [3, 3], [4, 19], [6, 6]],
    ],
)
def test_thin_points__has_the_published_law(points):
    law = law_of_result(points, 4)
    assert sum(law.values()) == pytest.approx(1)
    rng = np.random.default_rng(0)
    runs = 4000
    places = {tuple(p): i for i, p in enumerate(points)}
    found = Counter(
        tuple(
            places[tuple(p)]
            for p in thin_points(np.array(points), 4, rng).tolist()
        )
        for _ in range(runs)
    )
    assert set(found) <= set(law)
    for kept, share in law.items():
        sigma = (share * (1 - share) / runs) ** 0.5
        assert abs(found[kept] / runs - share) <= 4.5 * sigma


def test_thin_points__the_distance_is_strict():
    points = np.array([[0, 0], [0, 4], [9, 0], [9, 3]])
    kept = thin_points(points, 4, np.random.default_rng(0))
    assert kept[:2].tolist() == [[0, 0], [0, 4]]
    assert len(kept) == 3


@pytest.mark.parametrize('distance', [0, 1])
def test_thin_points__distinct_points_stay_at_no_distance(distance):
    points = np.array([[0, 0], [0, 1], [1, 0]])
    kept = thin_points(points, distance, np.random.default_rng(0))
    np.testing.assert_array_equal(kept, points)


def test_thin_points__of_nothing():
    none = np.empty((0, 2), np.int64)
    assert thin_points(none, 5, np.random.default_rng(0)).shape == (0, 2)
