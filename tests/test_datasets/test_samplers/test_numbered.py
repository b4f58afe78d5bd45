"""Numbers by the formula, and skipping against slicing."""

from __future__ import annotations

import pytest
from mmengine.dataset import DefaultSampler, InfiniteSampler
from torch.utils.data import BatchSampler, SequentialSampler

from mmssl.datasets.samplers import DrawSampler, NumberedSampler, numbered
from mmssl.datasets.samplers.numbered import (
    SkippingBatchSampler,
    numbered_sampler,
    skipping_batch_sampler,
)

DATA = list(range(7))


def processes(monkeypatch, rank, world):
    info = 'mmssl.datasets.samplers.{}.get_dist_info'
    monkeypatch.setattr(numbered, 'get_dist_info', lambda: (rank, world))
    monkeypatch.setattr(
        'mmengine.dataset.sampler.get_dist_info', lambda: (rank, world)
    )
    monkeypatch.setattr(info.format('draws'), lambda: (rank, world))


@pytest.mark.parametrize('world', [1, 2, 3])
def test_numbers__each_draw_of_all_processes_once(world, monkeypatch):
    seen = {}
    for rank in range(world):
        processes(monkeypatch, rank, world)
        sampler = NumberedSampler(DefaultSampler(DATA, seed=0))
        assert len(sampler) == -(-7 // world)
        for epoch in range(3):
            sampler.set_epoch(epoch)
            inner = DefaultSampler(DATA, seed=0)
            inner.set_epoch(epoch)
            draws = list(sampler)
            assert draws == list(inner)
            for draw in draws:
                assert draw.number not in seen
                seen[draw.number] = int(draw)
    assert sorted(seen) == list(range(3 * world * -(-7 // world)))


@pytest.mark.parametrize('world', [1, 2])
@pytest.mark.parametrize('done', [0, 2, 4, 6, 8, 100])
def test_position__is_the_rest_of_the_epoch(done, world, monkeypatch):
    processes(monkeypatch, world - 1, world)
    whole = NumberedSampler(DefaultSampler(DATA, seed=0))
    whole.set_epoch(2)
    part = NumberedSampler(DefaultSampler(DATA, seed=0))
    part.set_position(2, done)
    left = list(part)
    assert left == list(whole)[done // world :]
    numbers = [draw.number for draw in whole][done // world :]
    assert [draw.number for draw in left] == numbers


def test_infinite__has_one_epoch():
    whole = iter(NumberedSampler(InfiniteSampler(DATA, seed=0)))
    draws = [next(whole) for _ in range(40)]
    assert [draw.number for draw in draws] == list(range(40))
    assert len({int(draw) for draw in draws[14:21]}) == 7
    part = NumberedSampler(InfiniteSampler(DATA, seed=0))
    part.set_position(0, 23)
    part = iter(part)
    assert [next(part) for _ in range(17)] == draws[23:]


def test_inside__seed_and_others():
    inner = DefaultSampler(DATA, seed=5)
    sampler = NumberedSampler(inner)
    assert sampler.seed == 5
    sampler.seed = 6
    assert inner.seed == 6
    assert sampler.round_up is True
    with pytest.raises(AttributeError, match='nothing'):
        _ = sampler.nothing
    assert NumberedSampler(SequentialSampler(DATA)).seed is None


def test_build__ours_stay_as_they_are():
    ours = numbered_sampler(DATA, dict(type='mmssl.DrawSampler'), seed=3)
    assert isinstance(ours, DrawSampler)
    assert ours.seed == 3
    other = numbered_sampler(DATA, dict(type='DefaultSampler', seed=4), seed=3)
    assert isinstance(other, NumberedSampler)
    assert other.seed == 4


def test_batches__skipped():
    inner = BatchSampler(SequentialSampler(DATA), 2, drop_last=False)
    sampler = SkippingBatchSampler(inner)
    assert list(sampler) == [[0, 1], [2, 3], [4, 5], [6]]
    sampler.skipped_batches = 3
    assert list(sampler) == [[6]]
    sampler.skipped_batches = 4
    assert list(sampler) == []
    assert len(sampler) == 4
    assert sampler.sampler is inner.sampler
    assert sampler.batch_size == 2


def test_batches__built():
    built = skipping_batch_sampler(
        SequentialSampler(DATA),
        3,
        dict(type=BatchSampler, drop_last=True),
    )
    assert list(built) == [[0, 1, 2], [3, 4, 5]]
