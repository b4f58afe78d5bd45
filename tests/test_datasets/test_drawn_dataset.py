"""Seeding by draw, and pipelines that refuse samples."""

import logging

import numpy as np
import pytest
from mmcv.transforms import BaseTransform
from torch.utils.data import DataLoader

from mmssl.datasets import drawn_dataset
from mmssl.datasets.drawn_dataset import DrawnDataset
from mmssl.datasets.samplers import Draw, DrawSampler
from mmssl.registry import TRANSFORMS


class Numbers(DrawnDataset):
    """Ten samples that are their own index."""

    def full_init(self):
        self._fully_initialized = True

    def __len__(self):
        return 10

    def get_data_info(self, idx):
        idx = self.checked_index(idx)
        return dict(sample_idx=idx, source=f'row {idx}')


def drawn(results):
    """Index and first random number of a sample."""
    return results['sample_idx'], float(results['rng'].random())


def refuse_small(results):
    """Skip the samples 0..7."""
    return results if results['sample_idx'] > 7 else None


def refuse_all(results):
    """Skip everything."""
    return None


def first_number(*key):
    return np.random.default_rng(list(key)).random()


def test_rng__of_the_draw_or_of_the_index():
    data = Numbers(seed=5, pipeline=[drawn])
    assert data[Draw(3, number=71)] == (3, first_number(5, 71))
    assert data[3] == data[-7] == (3, first_number(5, 3))
    assert data[Draw(4, number=71)][1] == data[Draw(3, number=71)][1]


def test_pipeline__configs_without_a_scope_find_our_transforms():
    data = Numbers(pipeline=[dict(type='ReverseFlow', prob=1.0), drawn])
    assert isinstance(data.pipeline.transforms[0], BaseTransform)
    assert type(data.pipeline.transforms[0]) is TRANSFORMS.get('ReverseFlow')


def test_none__replaced_by_the_same_draw_counted_and_named(monkeypatch):
    told = []
    monkeypatch.setattr(
        drawn_dataset, 'print_log', lambda text, **kw: told.append((text, kw))
    )
    data = Numbers(pipeline=[refuse_small, drawn])
    once = data[Draw(2, number=50)]
    assert once[0] in (8, 9)
    count = data.num_skipped
    assert count == len(told) > 0
    assert 'skipped sample 2 (row 2)' in told[0][0]
    assert told[-1][0].endswith(f'{count} skipped so far in this process')
    assert told[0][1]['level'] == logging.WARNING
    assert data[Draw(2, number=50)] == once
    assert data.num_skipped == 2 * count


def test_none__is_bounded():
    data = Numbers(pipeline=[refuse_all], max_refetch=3)
    with pytest.raises(RuntimeError, match='None for 4 samples in a row'):
        data[0]
    assert data.num_skipped == 4


def test_none__in_validation_is_an_error_at_once():
    data = Numbers(pipeline=[refuse_small], test_mode=True)
    with pytest.raises(RuntimeError, match='None for 1 samples'):
        data[0]
    assert data[9]['sample_idx'] == 9


def test_index__outside():
    data = Numbers(pipeline=[drawn])
    for idx in (10, -11):
        with pytest.raises(IndexError, match=f'sample {idx} of 10 samples'):
            data[idx]


@pytest.mark.parametrize(
    ('test_mode', 'draws', 'warns'),
    [(False, False, True), (True, False, False), (False, True, False)],
)
def test_plain_indices__in_a_training_worker_are_warned_about(
    monkeypatch, recwarn, test_mode, draws, warns
):
    monkeypatch.setattr(drawn_dataset, 'get_worker_info', object)
    data = Numbers(pipeline=[drawn], test_mode=test_mode)
    data[Draw(1, 1) if draws else 1]
    told = [str(w.message) for w in recwarn if 'DrawSampler' in str(w.message)]
    assert len(told) == warns


def test_loader__samples_do_not_depend_on_the_workers():
    data = Numbers(pipeline=[drawn])

    def batches(workers):
        loader = DataLoader(
            data,
            batch_size=4,
            sampler=DrawSampler(data, seed=1),
            num_workers=workers,
            collate_fn=list,
        )
        stream = iter(loader)
        return [next(stream) for _ in range(6)]

    assert batches(0) == batches(1) == batches(2)
