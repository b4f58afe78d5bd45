"""Checks shared by transforms."""

import pytest

from mmssl.datasets.transforms import ReverseFlow
from mmssl.datasets.transforms.checks import checked_prob, forbid_guidance


def test_checked_prob():
    assert [checked_prob(p) for p in (0, 0.5, 1)] == [0, 0.5, 1]
    for bad in (-0.1, 1.01, float('nan')):
        with pytest.raises(ValueError, match=rf'prob .* \[0, 1\], got {bad}'):
            checked_prob(bad)


def test_forbid_guidance():
    forbid_guidance({}, ReverseFlow())
    with pytest.raises(ValueError, match='ReverseFlow must come before Sam'):
        forbid_guidance({'guidance_points': None}, ReverseFlow())
