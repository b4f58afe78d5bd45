"""Two clusters of numbers against all splits there are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mmssl.clustering import upper_of_two_means

NUMBERS = st.lists(st.integers(-50, 50), min_size=1, max_size=9)


def squares(values):
    values = np.asarray(values, dtype=np.float64)
    return ((values - values.mean()) ** 2).sum()


def best_partition(values):
    """The least sum of squares of all ways to part numbers in two."""
    places = range(len(values))
    found = [np.inf]
    for size in range(1, len(values)):
        for chosen in itertools.combinations(places, size):
            rest = [values[i] for i in places if i not in chosen]
            found.append(squares([values[i] for i in chosen]) + squares(rest))
    return min(found)


@settings(deadline=None, max_examples=60)
@given(NUMBERS)
def test_upper__is_the_best_of_all_partitions(values):
    upper = upper_of_two_means(torch.tensor(values).float()).numpy()
    if len(set(values)) == 1:
        assert not upper.any()
        return
    values = np.array(values)
    assert values[upper].min() > values[~upper].max()
    reached = squares(values[upper]) + squares(values[~upper])
    assert reached == pytest.approx(best_partition(values), abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(NUMBERS, st.integers(-6, 6), st.randoms(use_true_random=False))
def test_upper__scaled_shifted_and_permuted(values, power, random):
    values = torch.tensor(values).float()
    upper = upper_of_two_means(values)
    assert torch.equal(upper_of_two_means(values * 2.0**power), upper)
    assert torch.equal(upper_of_two_means(values + 64), upper)
    order = torch.tensor(random.sample(range(len(values)), len(values)))
    assert torch.equal(upper_of_two_means(values[order]), upper[order])


def test_upper__small_differences_of_large_numbers():
    values = torch.tensor([4e6, 4e6 + 0.25, 4e6 + 8, 4e6 + 8.25])
    assert upper_of_two_means(values).tolist() == [False, False, True, True]
    tiny = torch.tensor([1e-30, 1.1e-30, 9e-30])
    assert upper_of_two_means(tiny).tolist() == [False, False, True]


def test_upper__of_two_equally_good_splits_the_larger_one():
    assert upper_of_two_means(torch.tensor([1.0, 0.0, 2.0])).tolist() == [
        *(True, False, True)
    ]


def test_upper__rows_without_two_clusters():
    nan, inf = float('nan'), float('inf')
    rows = torch.tensor(
        [[3.0, 3, 3], [nan, 1, 2], [inf, 1, 2], [-inf, 1, 2], [0, 0, 9]]
    )
    upper = upper_of_two_means(rows)
    assert not upper[:4].any()
    assert upper[4].tolist() == [False, False, True]
    assert not upper_of_two_means(torch.ones(2, 1)).any()
    assert upper_of_two_means(torch.ones(2, 0)).shape == (2, 0)
    assert upper_of_two_means(torch.ones(0, 3)).shape == (0, 3)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_upper__half_precision(dtype):
    values = torch.tensor([[600.0, 1, 2, 500], [1, 2, 9, 9]], dtype=dtype)
    upper = upper_of_two_means(values)
    assert upper.int().tolist() == [[1, 0, 0, 1], [0, 0, 1, 1]]
