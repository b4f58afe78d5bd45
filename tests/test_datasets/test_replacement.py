"""Which sample replaces a bad one, and how the batch tells."""

import pickle

import numpy as np
import pytest
from mmengine.dataset import pseudo_collate
from mmpretrain.datasets.transforms import PackInputs
from mmpretrain.structures import DataSample

from mmssl.datasets.replacement import (
    Refusal,
    Replacement,
    batch_size,
    draw_key,
    mark_replaced,
    replaced_in,
    replacement,
)
from mmssl.datasets.samplers import Draw
from mmssl.datasets.transforms import PackFlowInputs
from mmssl.io.errors import DataFileError

BAD = Refusal('a.jpg', 'cut short', 'l.txt, line 3', True)


def test_refusal__of_an_error_and_in_words():
    error = DataFileError('a.jpg', 'cut short', 'l.txt, line 3')
    assert Refusal.of(error) == BAD
    assert BAD.text() == 'a.jpg: cut short (from l.txt, line 3)'


def test_draw_key__of_draws_indices_and_replacements():
    assert draw_key(5, Draw(3, number=70), 3) == [5, 70]
    assert draw_key(5, -1, 9) == [5, 9]
    assert draw_key(5, Replacement(3, 70, 2), 3) == [5, 70, 2, 1]


def test_replacement__is_a_function_of_seed_draw_and_attempt():
    def chosen(seed, attempt):
        return [int(replacement(seed, n, attempt, 1000)) for n in range(50)]

    assert chosen(1, 1) == chosen(1, 1)
    assert chosen(1, 1) != chosen(1, 2) != chosen(2, 2)
    assert len(set(chosen(1, 1))) > 40
    draw = replacement(1, 7, 3, 1000)
    assert (draw.number, draw.attempt) == (7, 3)
    expected = np.random.default_rng([1, 7, 2]).integers(1000)
    assert int(draw) == expected


def test_replacement__survives_pickling():
    draw = pickle.loads(pickle.dumps(Replacement(4, 9, 2)))
    assert (int(draw), draw.number, draw.attempt) == (4, 9, 2)


@pytest.mark.parametrize('pack', [PackFlowInputs(), PackInputs()])
def test_mark__travels_through_packing_and_collating(pack):
    def packed():
        return pack.transform(
            dict(img=np.zeros((4, 6, 3), np.uint8), sample_idx=0)
        )

    good, stand_in = packed(), packed()
    assert mark_replaced(stand_in, [BAD, BAD])
    batch = pseudo_collate([good, pickle.loads(pickle.dumps(stand_in))])
    assert list(replaced_in(batch)) == [[BAD, BAD]]
    assert batch_size(batch) == 2
    assert list(replaced_in(pseudo_collate([good]))) == []


def test_mark__lists_of_samples_and_what_cannot_be_marked():
    several = dict(data_samples=[DataSample(), DataSample()])
    assert mark_replaced(several, [BAD])
    assert list(replaced_in(dict(data_samples=[several['data_samples']]))) == [
        [BAD]
    ]
    for data in ((1, 2), dict(img=1), dict(data_samples=3), None):
        assert not mark_replaced(data, [BAD])
        assert list(replaced_in(data)) == []
        assert batch_size(data) == 0
