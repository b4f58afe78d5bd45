"""Some of a row of numbers."""

import numpy as np
import pytest

from mmssl.datasets.choice import choose


@pytest.mark.parametrize('row', [range(5), np.arange(5)])
@pytest.mark.parametrize(
    ('indices', 'left'),
    [
        (None, [0, 1, 2, 3, 4]),
        (2, [0, 1]),
        (-2, [3, 4]),
        (0, []),
        (9, [0, 1, 2, 3, 4]),
        ([4, 0, -2], [4, 0, 3]),
    ],
)
def test_choose__as_a_list_would(row, indices, left):
    assert list(choose(row, indices)) == left


def test_choose__a_range_stays_one():
    assert choose(range(10**9), 10**8) == range(10**8)
    assert choose(range(3, 9), [1]).tolist() == [4]
