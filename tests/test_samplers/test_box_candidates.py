from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from mmssl.samplers.box_candidates import draw_candidates


def exact_law(size, least, mode):
    """P(start, side) of one axis, from the definition, as fractions."""
    law = defaultdict(Fraction)
    if mode == 'random':
        sides = range(least, size)
        for side in sides:
            for start in range(size - side):
                law[start, side] += Fraction(1, len(sides) * (size - side))
        return law
    parts = range(1, size // least + 1)
    for n in parts:
        cell = Fraction(size, n)
        sides = range(least, int(cell) + 1)
        for i in range(n):
            for side in sides:
                free = int(cell - side) + 1
                for move in range(free):
                    share = len(parts) * n * len(sides) * free
                    law[int(i * cell) + move, side] += Fraction(1, share)
    return law


@pytest.mark.parametrize('mode', ['grid', 'random'])
@pytest.mark.parametrize(('size', 'least'), [(11, 3), (17, 8), (9, 8)])
def test_candidates__law(size, least, mode):
    count = 40_000
    start, end = draw_candidates(
        np.array([[size], [size]], float),
        count,
        mode,
        least,
        np.random.default_rng(1),
    )
    side = end - start
    law = exact_law(size, least, mode)
    assert sum(law.values()) == 1
    for axis in (0, 1):
        drawn = list(
            zip(start[axis, 0].astype(int), side[axis, 0].astype(int))
        )
        assert set(drawn) <= set(law)
        if len(law) == 1:
            continue
        counts = [drawn.count(key) for key in law]
        expected = [float(count * p) for p in law.values()]
        assert stats.chisquare(counts, expected).pvalue > 1e-4


def test_candidates__axes_are_independent():
    start, end = draw_candidates(
        np.full((2, 1), 100.0), 20_000, 'grid', 20, np.random.default_rng(2)
    )
    for values in (start, end - start):
        assert abs(np.corrcoef(*values[:, 0])[0, 1]) < 0.03


@pytest.mark.parametrize('mode', ['grid', 'random'])
def test_candidates__stay_inside_regions_of_any_size(mode):
    rng = np.random.default_rng(0)
    size = rng.integers(33, 500, (2, 300)).astype(float)
    ends = draw_candidates(size, 64, mode, 32, rng)
    assert ends.shape == (2, 2, 300, 64)
    np.testing.assert_array_equal(ends, np.floor(ends))
    assert (ends[0] >= 0).all()
    assert (ends[1] - ends[0] >= 32).all()
    assert (ends[1] <= size[..., None]).all()
