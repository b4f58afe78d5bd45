import copy
import pickle

import pytest
import torch
from mmpretrain.structures import DataSample

from mmssl.probes.labels import (
    IGNORED,
    RangeWatch,
    check_range,
    check_unlabelled,
    sample_labels,
)


def samples(*labels):
    found = []
    for i, label in enumerate(labels):
        sample = DataSample(metainfo=dict(img_path=f'{i}.jpg'))
        found.append(sample if label is None else sample.set_gt_label(label))
    return found


def test_sample_labels():
    assert sample_labels(samples(3, 0, 7)).tolist() == [3, 0, 7]
    assert sample_labels(samples(3, 0), count=2).dtype == torch.int64


def test_sample_labels__without_one():
    text = r"\[1, 2\] of a batch of 4 .* first is 1.jpg.*unlabelled='ignore'"
    with pytest.raises(ValueError, match=text):
        sample_labels(samples(1, None, None, 2))
    found = sample_labels(samples(1, None, 2), 'ignore')
    assert found.tolist() == [1, IGNORED, 2]
    assert sample_labels(samples(None), 'ignore').tolist() == [IGNORED]


def test_sample_labels__no_single_class():
    with pytest.raises(ValueError, match=r'one whole number.*\(2,\)'):
        sample_labels(samples(torch.tensor([1, 2])))


@pytest.mark.parametrize('given', [None, [], samples(1)])
def test_sample_labels__too_few(given):
    with pytest.raises(ValueError, match=f'2 data .* got {len(given or [])}'):
        sample_labels(given, count=2)


def test_check_range__names_the_values_and_the_fix():
    check_range(torch.tensor([0, 4, IGNORED]), 5)
    text = r'in 0 .. 4 \(num_classes=5\), got -1, 5, 9: set num_classes'
    with pytest.raises(ValueError, match=text):
        check_range(torch.tensor([5, 9, 0, -1, 9]), 5)
    many = torch.arange(2, 30)
    with pytest.raises(ValueError, match=r'got 2, 3, 4, 5, 6, \.{3}: set'):
        check_range(many, 2)


def test_check_unlabelled():
    assert check_unlabelled('ignore') == 'ignore'
    with pytest.raises(ValueError, match="'skip'; valid: error, ignore"):
        check_unlabelled('skip')


def test_range_watch__on_the_cpu_at_once():
    watch = RangeWatch(3)
    labels = torch.tensor([0, 2, IGNORED])
    assert torch.equal(watch(labels), labels)
    with pytest.raises(ValueError, match='got 3: set num_classes'):
        watch(torch.tensor([0, 3]))


def test_range_watch__what_was_copied_is_looked_at_with_the_next_batch():
    watch = RangeWatch(3)
    watch._pending = torch.tensor([0, 2]), None  # as a device leaves it
    watch(torch.tensor([1]))
    watch._pending = torch.tensor([-4, 2]), None
    with pytest.raises(ValueError, match='got -4: set num_classes'):
        watch(torch.tensor([1]))
    watch(torch.tensor([1]))  # told once


def test_range_watch__copies_carry_nothing_of_the_step():
    watch = RangeWatch(3)
    watch._pending = torch.tensor([-4, 2]), object()
    for other in (copy.deepcopy(watch), pickle.loads(pickle.dumps(watch))):
        assert other._pending is None
        assert other.num_classes == 3


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='no CUDA device')
def test_range_watch__on_a_device_one_batch_later():
    watch = RangeWatch(3)
    bad = torch.tensor([0, 5, IGNORED], device='cuda')
    assert watch(bad).tolist() == [0, IGNORED, IGNORED]
    with pytest.raises(ValueError, match='got 5: set num_classes'):
        watch(bad[:1])
