import numpy as np
import pytest

from mmssl.datasets.transforms.view_size import checked_size


def test_size__one_number_or_two():
    assert checked_size(np.int64(7)) == (7, 7)
    assert checked_size((3, 4)) == (3, 4)


@pytest.mark.parametrize(
    'size', [0, -1, 2.5, True, (1,), (1, 2, 3), (0, 4), [4, 'a'], None]
)
def test_size__refused(size):
    with pytest.raises(ValueError, match='whole number of px >= 1'):
        checked_size(size)
