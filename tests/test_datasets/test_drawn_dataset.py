"""Seeding by draw, and pipelines that refuse samples."""

import logging

import numpy as np
import pytest
from mmcv.transforms import BaseTransform
from mmpretrain.structures import DataSample
from torch.utils.data import DataLoader

from mmssl.datasets import drawn_dataset
from mmssl.datasets.drawn_dataset import DrawnDataset
from mmssl.datasets.replacement import META_KEY
from mmssl.datasets.samplers import Draw, DrawSampler
from mmssl.io.errors import BadDataError, DataFileError
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


@pytest.fixture
def told(monkeypatch):
    """Warnings, as (text, keywords)."""
    told = []
    monkeypatch.setattr(
        drawn_dataset, 'print_log', lambda text, **kw: told.append((text, kw))
    )
    return told


def test_none__replaced_by_the_same_draw_counted_and_named(told):
    data = Numbers(pipeline=[refuse_small, drawn])
    once = data[Draw(2, number=50)]
    assert once[0] in (8, 9)
    count = data.num_skipped
    assert count > 0
    text, options = told[0]
    assert 'skipped row 2: the pipeline returned None (from row 2)' in text
    assert options['level'] == logging.WARNING
    assert told[-1][0].endswith(f'{count} skipped so far in this process')
    assert data[Draw(2, number=50)] == once
    assert data.num_skipped == 2 * count
    assert len(told) == len({text.split(';')[0] for text, _ in told})


def test_none__is_bounded():
    data = Numbers(pipeline=[refuse_all], max_refetch=3)
    match = r'4 samples in a row .*data_root right(.|\n)*row'
    with pytest.raises(RuntimeError, match=match):
        data[0]
    assert data.num_skipped == 4


def test_none__in_validation_is_an_error_at_once():
    data = Numbers(pipeline=[refuse_small], test_mode=True)
    with pytest.raises(RuntimeError, match='None for sample 0 of an eval'):
        data[0]
    assert data[9]['sample_idx'] == 9


def unreadable_below(limit):
    """A transform whose files of small samples are broken."""

    def load(results):
        if results['sample_idx'] < limit:
            raise DataFileError(
                f'{results["sample_idx"]}.jpg', 'cut short', results['source']
            )
        return results

    return load


def test_unreadable__replaced_the_same_way_everywhere(told):
    def packed(results):
        number = float(results['rng'].random())
        return dict(data_samples=DataSample(metainfo={'drawn': number}))

    def draws(start):
        data = Numbers(seed=3, pipeline=[unreadable_below(6), packed])
        samples = [data[Draw(n % 10, number=n)] for n in range(start, 60)]
        return data, [sample['data_samples'] for sample in samples]

    data, samples = draws(0)
    replaced = [s for s in samples if META_KEY in s]
    assert len(replaced) == 36
    refused = [one for s in replaced for one in s.get(META_KEY)]
    assert data.num_skipped == len(refused) > 36
    named = [text.split(':')[0] for text, _ in told]
    assert named == sorted(set(named), key=named.index)
    assert set(named) == {f'skipped {i}.jpg' for i in range(6)}
    # a resumed run, another worker: from the 40th draw on, the same
    rest = draws(40)[1]
    assert [s.metainfo for s in rest] == [s.metainfo for s in samples[40:]]


def test_unreadable__twenty_are_named_and_all_counted(told, monkeypatch):
    monkeypatch.setattr(Numbers, '__len__', lambda self: 1000)
    data = Numbers(pipeline=[unreadable_below(1000)])
    with pytest.raises(BadDataError, match='101 samples in a row'):
        data[Draw(0, number=0)]
    assert data.num_skipped == 101
    assert len(told) == 21
    assert told[20][0].startswith('20 bad files were named; this process only')


def test_unreadable__in_an_evaluation_stops_or_is_left_out(told):
    data = Numbers(pipeline=[unreadable_below(1)], test_mode=True)
    assert data[1]['sample_idx'] == 1
    with pytest.raises(DataFileError, match=r'0\.jpg: cut short .*\. An eval'):
        data[0]
    assert not told
    data = Numbers(
        pipeline=[unreadable_below(3)], test_mode=True, unreadable='leave_out'
    )
    kept = []
    data.keep_ = kept.extend
    data.leave_out_unreadable()
    assert kept == list(range(3, 10))
    assert '3 of 10 samples cannot be read' in told[0][0]
    assert '0.jpg: cut short (from row 0)' in told[0][0]
    data = Numbers(
        pipeline=[unreadable_below(99)], test_mode=True, unreadable='leave_out'
    )
    with pytest.raises(ValueError, match='not one sample can be read'):
        data.leave_out_unreadable()


@pytest.mark.parametrize('error', [TypeError, ValueError, OSError, KeyError])
def test_mistakes__are_no_bad_data(error):
    def mistaken(results):
        raise error('a mistake')

    data = Numbers(pipeline=[mistaken])
    with pytest.raises(error, match='a mistake'):
        data[Draw(1, 1)]
    assert data.num_skipped == 0


def test_unreadable__sample_that_cannot_be_marked_is_warned_about():
    data = Numbers(pipeline=[unreadable_below(9), drawn])
    with pytest.warns(UserWarning, match='packs no data_samples'):
        assert data[Draw(1, 1)][0] == 9


def test_unreadable__option_is_checked():
    with pytest.raises(ValueError, match=r"\['leave_out', 'stop'\], got 'no'"):
        Numbers(unreadable='no')


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
