"""A stream from any place yields what the whole stream has from there on."""

from __future__ import annotations

from itertools import islice
from types import SimpleNamespace

import pytest
import torch
from mmengine.dataset import DefaultSampler, InfiniteSampler
from torch.utils.data import BatchSampler, DataLoader, RandomSampler

from mmssl.datasets.samplers import DrawSampler, NumberedSampler
from mmssl.datasets.samplers.numbered import SkippingBatchSampler
from mmssl.engine import batch_stream
from mmssl.engine.batch_stream import BatchStream, DataPosition

DATA = list(range(10))
SAMPLERS = {
    'draws': lambda: DrawSampler(DATA, 3),
    'draws by epochs': lambda: DrawSampler(DATA, 3, infinite=False),
    'default': lambda: NumberedSampler(DefaultSampler(DATA, seed=1)),
    'infinite': lambda: NumberedSampler(InfiniteSampler(DATA, seed=1)),
}


def loader_of(name, batch_size=4, **options):
    return DataLoader(DATA, batch_size, sampler=SAMPLERS[name](), **options)


def taken(stream, number):
    """Batches as lists, and the position after each."""
    return [
        (batch.tolist(), stream.position.state_dict())
        for batch in islice(stream.endless(), number)
    ]


@pytest.mark.parametrize('drop_last', [False, True])
@pytest.mark.parametrize('name', SAMPLERS)
def test_endless__from_every_place(name, drop_last):
    whole = taken(BatchStream(loader_of(name, drop_last=drop_last), 0), 9)
    assert len({str(batch) for batch, _ in whole}) > 5
    for done in range(1, 9):
        stream = BatchStream(loader_of(name, drop_last=drop_last), 0)
        stream.position = DataPosition(**whole[done - 1][1])
        assert taken(stream, 9 - done) == whole[done:], done


def test_epoch__the_rest_of_it_then_the_next():
    stream = BatchStream(loader_of('default'), 0)
    epochs = [[b.tolist() for b in stream.epoch()] for _ in range(3)]
    assert [len(epoch) for epoch in epochs] == [3, 3, 3]
    assert stream.position == DataPosition(3)
    resumed = BatchStream(loader_of('default'), 0)
    resumed.position = DataPosition(1, 2, 8)
    assert [b.tolist() for b in resumed.epoch()] == epochs[1][2:]
    assert [b.tolist() for b in resumed.epoch()] == epochs[2]
    resumed.position = DataPosition(1, 3, 12)  # after its last batch
    assert list(resumed.epoch()) == []
    assert resumed.position == DataPosition(2)


def test_order__is_that_of_the_sampler():
    loader = loader_of('default')
    inner = DefaultSampler(DATA, seed=1)
    expected = []
    for epoch in range(2):
        inner.set_epoch(epoch)
        expected += list(inner)
    batches = taken(BatchStream(loader, 0), 6)
    assert [i for batch, _ in batches for i in batch] == expected


def test_batch_sampler__skips_what_is_done():
    def loader():
        numbered = NumberedSampler(DefaultSampler(DATA, seed=1))
        batches = SkippingBatchSampler(BatchSampler(numbered, 3, False))
        return DataLoader(DATA, batch_sampler=batches)

    whole = taken(BatchStream(loader(), 0), 9)
    assert whole[0][0] != whole[4][0]
    for done in range(1, 9):
        stream = BatchStream(loader(), 0)
        assert not stream.reads_again
        stream.position = DataPosition(**whole[done - 1][1])
        assert taken(stream, 9 - done) == whole[done:]


def test_foreign_loader__what_is_done_is_read_again():
    whole = taken(BatchStream(DataLoader(DATA, 4), 0), 7)
    stream = BatchStream(DataLoader(DATA, 4), 0)
    assert stream.reads_again
    stream.position = DataPosition(1, 1, 4)
    assert taken(stream, 3) == whole[4:]


def test_resuming__reads_nothing_that_is_done():
    class Reads(torch.utils.data.Dataset):
        asked = []

        def __len__(self):
            return 10

        def __getitem__(self, index):
            self.asked.append(int(index))
            return index

    sampler = DrawSampler(DATA, 3)
    stream = BatchStream(DataLoader(Reads(), 4, sampler=sampler), 0)
    stream.position = DataPosition(0, 100, 400)
    batch = next(stream.endless()).tolist()
    assert Reads.asked == batch == sampler.permutation(40)[:4].tolist()


@pytest.mark.parametrize('workers', [0, 2])
def test_starting__draws_nothing_from_the_networks_generator(workers):
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    loader = DataLoader(DATA, 5, num_workers=workers)
    stream = BatchStream(loader, 0)
    for _ in range(3):
        assert len(list(stream.epoch())) == 2
    assert torch.equal(torch.rand(3), expected)


def test_seeds_of_workers__depend_on_seed_and_place(monkeypatch):
    seeds = []

    class Spy(DataLoader):
        def __iter__(self):
            seeds.append(torch.initial_seed())
            return super().__iter__()

    def start(seed, place):
        stream = BatchStream(Spy(DATA, 5), seed)
        stream.position = place
        next(stream.endless())
        return seeds[-1]

    first = start(3, DataPosition(1, 1, 5))
    assert start(3, DataPosition(1, 1, 5)) == first
    others = {
        start(4, DataPosition(1, 1, 5)),
        start(3, DataPosition(2, 1, 5)),
        start(3, DataPosition(1, 0, 0)),
    }
    monkeypatch.setattr(batch_stream, 'get_rank', lambda: 1)
    others.add(start(3, DataPosition(1, 1, 5)))
    assert len(others | {first}) == 5


def test_several_processes__draws_of_all(monkeypatch):
    monkeypatch.setattr(batch_stream, 'get_world_size', lambda: 3)
    stream = BatchStream(loader_of('draws'), 0)
    assert taken(stream, 2)[1][1] == dict(epoch=0, batches=2, draws=24)


def test_waited__for_the_loader_alone(monkeypatch):
    now = [0.0]
    clock = SimpleNamespace(perf_counter=lambda: now[0])
    monkeypatch.setattr(batch_stream, 'time', clock)

    class Slow(list):
        def __getitem__(self, index):
            now[0] += 2.0
            return super().__getitem__(index)

    stream = BatchStream(DataLoader(Slow(DATA), batch_size=3), seed=0)
    waited = []
    for _ in stream.epoch():
        waited.append(stream.waited_s)
        now[0] += 50.0  # the step
    assert waited == [6.0, 6.0, 6.0, 2.0]


def test_empty_loader__says_why():
    loader = DataLoader(DATA, 16, drop_last=True, sampler=RandomSampler(DATA))
    with pytest.raises(ValueError, match=r'no batch: fewer samples .*=16'):
        next(BatchStream(loader, 0).endless())
