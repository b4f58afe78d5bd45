"""Some of a dataset's samples."""

import pytest

from mmssl.datasets.choice import choose
from mmssl.datasets.chosen_dataset import ChosenDataset


class Letters(ChosenDataset):
    """'a' to 'e'."""

    def full_init(self):
        if not self._fully_initialized:
            self._chosen = choose(range(5), self._indices)
            self._fully_initialized = True

    def get_data_info(self, idx):
        idx = self.checked_index(idx)
        return dict(letter='abcde'[self._chosen[idx]], sample_idx=idx)


def letters(data):
    return ''.join(data[i]['letter'] for i in range(len(data)))


def test_dataset__subsets_of_subsets():
    whole = Letters(test_mode=True, lazy_init=True)
    assert letters(whole) == 'abcde'
    part = whole.get_subset([4, 0, 2])
    assert letters(part) == 'eac'
    part.keep_([1, 2])
    assert letters(part) == 'ac'
    part.get_subset_(-1)
    assert letters(part) == 'c'
    assert letters(whole) == 'abcde'
    assert letters(Letters(test_mode=True, indices=2)) == 'ab'
    with pytest.raises(IndexError, match='sample 5 of 5'):
        whole[5]
