"""The cosine from m0 to 1, against the numbers of its definition."""

import math

import pytest

from mmssl.utils.momentum_schedule import check_momentum, cosine_momentum


def test_cosine__published_formula_at_every_step():
    """m = 1 - (1 - m0) (cos(pi k / K) + 1) / 2, as the published code."""
    for m0 in (0.97, 0.996):
        for k in range(31):
            wanted = 1 - (1 - m0) * (math.cos(math.pi * k / 31) + 1) / 2
            assert cosine_momentum(k, 31, m0) == pytest.approx(wanted, abs=0)


def test_cosine__first_middle_last_and_any_end():
    assert cosine_momentum(0, 10, 0.97) == pytest.approx(0.97, abs=1e-15)
    assert cosine_momentum(5, 10, 0.9, 0.5) == pytest.approx(0.7, abs=1e-15)
    assert cosine_momentum(10, 10, 0.97) == 1.0
    # half of a half cosine: (1 + sqrt(1/2)) / 2 of the way is still to go
    still = (1 + math.sqrt(0.5)) / 2
    assert cosine_momentum(1, 4, 0.0) == pytest.approx(1 - still)


@pytest.mark.parametrize('value', [-0.01, 1.01, float('nan')])
def test_check__out_of_range_names_value_and_fix(value):
    with pytest.raises(ValueError, match=rf'momentum.*{value}.*0\.97, say'):
        check_momentum(value)
    with pytest.raises(ValueError, match='start must be in'):
        cosine_momentum(0, 1, value)
    with pytest.raises(ValueError, match='end must be in'):
        cosine_momentum(0, 1, 0.5, value)


@pytest.mark.parametrize(('step', 'total'), [(-1, 4), (5, 4), (0, 0)])
def test_cosine__step_beyond_the_run(step, total):
    with pytest.raises(ValueError, match=f'got {step} of {total}'):
        cosine_momentum(step, total, 0.97)
