import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torchvision.transforms import RandomResizedCrop

from mmssl.datasets.transforms.view_region import (
    check_fit,
    check_region,
    random_region,
)

RATIO = (3 / 4, 4 / 3)


@pytest.mark.parametrize(
    ('hw', 'scale', 'ratio'),
    [
        ((375, 500), (0.2, 1.0), RATIO),
        ((40, 300), (0.2, 1.0), RATIO),  # mostly the central window
        ((300, 200), (0.05, 0.2), (0.9, 2.0)),
        ((320, 150), (0.8, 1.0), (0.4, 0.6)),  # people: large views
        ((320, 150), (0.05, 0.8), (0.4, 0.6)),  # small ones
        ((300, 300), (0.8, 1.0), (0.25, 0.4)),  # none fits: the centre
    ],
)
def test_region__law_of_torchvision(hw, scale, ratio):
    rng = np.random.default_rng(0)
    ours = np.array(
        [random_region(hw, scale, ratio, rng) for _ in range(1500)]
    )
    torch.manual_seed(0)
    empty = torch.empty(3, *hw)
    theirs = np.array(
        [
            RandomResizedCrop.get_params(empty, scale, ratio)
            for _ in range(1500)
        ]
    )
    for axis in range(4):
        pair = ours[:, axis], theirs[:, axis]
        assert stats.ks_2samp(*pair).pvalue > 1e-4
    area = ours[:, 2:].prod(1), theirs[:, 2:].prod(1)
    assert stats.ks_2samp(*area).pvalue > 1e-4


@settings(max_examples=80, deadline=None)
@given(
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
    st.floats(0.2, 5),
    st.floats(1, 4),
    st.integers(0, 2**32 - 1),
)
def test_region__lies_inside(hw, a, b, low, factor, seed):
    scale, ratio = sorted((a, b)), (low, low * factor)
    top, left, h, w = random_region(
        hw, scale, ratio, np.random.default_rng(seed)
    )
    assert 0 <= top <= top + h <= hw[0]
    assert 0 <= left <= left + w <= hw[1]
    assert min(h, w) >= 1


@pytest.mark.parametrize(
    ('hw', 'expected'),
    [
        ((100, 30), (30, 0, 40, 30)),  # 30 / (3 / 4) rows
        ((30, 100), (0, 30, 30, 40)),  # 30 * (4 / 3) columns
    ],
)
def test_region__central_where_none_fits(hw, expected):
    rng = np.random.default_rng(0)
    assert random_region(hw, (1.0, 1.0), RATIO, rng) == expected


def test_region__each_draw_takes_equally_much():
    """What follows in the pipeline does not depend on the trials."""
    left = []
    for hw in ((100, 100), (10, 300)):
        rng = np.random.default_rng(1)
        random_region(hw, (0.2, 1.0), RATIO, rng)
        left.append(rng.random())
    assert left[0] == left[1]


@pytest.mark.parametrize(
    ('scale', 'ratio', 'message'),
    [
        ((0, 1), RATIO, r'scale .* got \(0, 1\)'),
        ((0.5, 0.2), RATIO, r'scale .* got \(0\.5, 0\.2\)'),
        ((0.5, 1.1), RATIO, r'scale .* got \(0\.5, 1\.1\)'),
        ((0.2,), RATIO, 'scale'),
        ((0.2, 1), (0, 1), r'ratio .* got \(0, 1\)'),
        ((0.2, 1), (2, 1), 'ratio'),
        ((0.2, 1), (math.nan, 1), 'ratio'),
    ],
)
def test_check__ranges(scale, ratio, message):
    with pytest.raises(ValueError, match=message):
        check_region(scale, ratio)


@pytest.mark.parametrize(
    ('size', 'ratio'),
    [
        ((256, 128), (0.4, 0.6)),
        ((384, 128), (0.25, 0.4)),
        ((224, 224), RATIO),
        ((48, 64), RATIO),
        ((24, 13), (0.5, 0.53)),  # half a px above
    ],
)
def test_fit__of_views_as_published(size, ratio):
    check_fit(size, ratio)


@pytest.mark.parametrize(
    ('size', 'ratio', 'message'),
    [
        ((384, 128), (0.4, 0.6), r'0\.333.*e\.g\. ratio=\(0\.267, 0\.4\)'),
        ((224, 224), (0.4, 0.6), r'= 1, .*e\.g\. ratio=\(0\.8, 1\.2\)'),
        ((256, 128), (5 / 3, 2.5), r'is width / height: \(0\.4, 0\.6\)\?'),
    ],
)
def test_fit__every_crop_would_be_stretched(size, ratio, message):
    with pytest.raises(ValueError, match=message):
        check_fit(size, ratio)
