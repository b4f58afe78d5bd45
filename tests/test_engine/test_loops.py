"""Order of hooks, data and validation, against mmengine's own loops."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from mmengine.dataset import DefaultSampler
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner
from torch.utils.data import BatchSampler, DataLoader, SequentialSampler

from mmssl.datasets import DrawSampler, SeededDataset
from mmssl.datasets.samplers import NumberedSampler
from mmssl.datasets.samplers.numbered import SkippingBatchSampler
from mmssl.engine.batch_stream import DataPosition
from mmssl.engine.loops import ExactEpochLoop, ExactIterLoop, build_loader
from mmssl.engine.run_config import LaunchError
from mmssl.registry import DATASETS


class Recorder:
    """A runner that writes down what a loop asks of it."""

    def __init__(self, stop_at=None):
        self.events = []
        self.stop_at = stop_at
        self.seed = 3
        self._randomness_cfg = {}
        self.visualizer = SimpleNamespace()
        self.optim_wrapper = None
        self.model = SimpleNamespace(
            train=lambda: None, train_step=self.train_step
        )
        self.val_loop = SimpleNamespace(
            run=lambda: self.events.append(f'validate {self.besides}')
        )
        self.besides = False
        self.build_dataloader = Runner.build_dataloader

    def call_hook(self, name, **kwargs):
        place = kwargs.get('batch_idx', '')
        self.events.append(f'{name} {place}'.strip())
        if name == 'before_train_epoch':  # as DistSamplerSeedHook does
            self.loop.dataloader.sampler.set_epoch(self.loop.epoch)
        if name == 'after_train_iter' and self.stop_at == self.loop.iter:
            self.loop.stop_training = True

    def train_step(self, batch, optim_wrapper):
        self.events.append(batch.tolist())

    @contextmanager
    def beside_training(self):
        self.besides = True
        yield
        self.besides = False


def loader():
    data = list(range(10))
    return DataLoader(data, 4, sampler=DefaultSampler(data, seed=1))


def events_of(loop_type, stop_at=None, start=None, **kwargs):
    runner = Recorder(stop_at)
    runner.loop = loop_type(runner, loader(), **kwargs)
    if start:
        runner.loop._epoch, runner.loop._iter = start[:2]
        runner.loop.validated = start[2]
        runner.loop.stream.position = DataPosition(*start[3])
    runner.loop.run()
    return runner.events


def of_the_host(events):
    """Ours validates in a context of its own; nothing else is new."""
    return [
        'validate False' if event == 'validate True' else event
        for event in events
    ]


@pytest.mark.parametrize('interval', [1, 2, 3])
def test_epochs__same_order_as_the_host(interval):
    options = dict(max_epochs=3, val_interval=interval)
    ours = events_of(ExactEpochLoop, **options)
    assert of_the_host(ours) == events_of(EpochBasedTrainLoop, **options)


@pytest.mark.parametrize('interval', [2, 5])
def test_iterations__same_order_as_the_host(interval, monkeypatch):
    monkeypatch.setattr('time.sleep', lambda seconds: None)
    options = dict(max_iters=8, val_interval=interval)
    ours = events_of(ExactIterLoop, **options)
    assert of_the_host(ours) == events_of(IterBasedTrainLoop, **options)


@pytest.mark.parametrize('iteration', range(1, 9))
def test_epochs__from_every_iteration(iteration):
    options = dict(max_epochs=3, val_interval=1)
    whole = events_of(ExactEpochLoop, **options)
    epoch, batch = divmod(iteration, 3)
    # after the iteration's hooks, before those of the epoch's end
    if batch == 0:
        epoch, batch = epoch - 1, 3
    start = (epoch, iteration, False, (epoch, batch, batch * 4))
    part = events_of(ExactEpochLoop, start=start, **options)
    assert part[:2] == ['before_train', 'before_train_epoch']
    assert part[2:] == whole[-len(part) + 2 :]
    steps = [event for event in part if isinstance(event, list)]
    assert len(steps) == 9 - iteration


def test_epochs__from_the_end_of_one_validates_first():
    options = dict(max_epochs=3, val_interval=2)
    start = (2, 6, False, (2, 0, 0))
    whole = events_of(ExactEpochLoop, **options)
    part = events_of(ExactEpochLoop, start=start, **options)
    assert part == ['before_train', *whole[-len(part) + 1 :]]
    assert part[1] == 'validate True'
    done = events_of(ExactEpochLoop, start=(2, 6, True, (2, 0, 0)), **options)
    assert done == [part[0], *part[2:]]


@pytest.mark.parametrize('iteration', range(1, 8))
def test_iterations__from_every_one(iteration):
    options = dict(max_iters=8, val_interval=3)
    whole = events_of(ExactIterLoop, **options)
    epoch, batch = divmod(iteration, 3)
    start = (0, iteration, False, (epoch, batch, batch * 4))
    part = events_of(ExactIterLoop, start=start, **options)
    assert part[:2] == ['before_train', 'before_train_epoch']
    assert part[2:] == whole[-len(part) + 2 :]
    assert (part[2] == 'validate True') == (iteration % 3 == 0)


def test_stop__at_once_and_resumable():
    events = events_of(ExactEpochLoop, stop_at=3, max_epochs=3)
    assert events[-1] == 'after_train'
    assert 'validate True' not in events[-3:]
    assert events.count('after_train_epoch') == 1
    events = events_of(ExactIterLoop, stop_at=3, max_iters=9, val_interval=4)
    assert len([e for e in events if isinstance(e, list)]) == 4
    assert 'validate True' not in events


def test_endless_sampler__in_epochs():
    data = list(range(4))
    endless = DataLoader(data, 2, sampler=DrawSampler(data, 0))
    with pytest.raises(LaunchError, match='never ends its first epoch'):
        ExactEpochLoop(Recorder(), endless, max_epochs=1)


def test_epochs__without_a_batch():
    """The host's loop would be over at once, without a word."""
    few = DataLoader(list(range(3)), batch_size=4, drop_last=True)
    with pytest.raises(LaunchError, match=r'3 samples .* batch_size=4, and'):
        ExactEpochLoop(Recorder(), few, max_epochs=2)


def test_loader__parts_of_a_config():
    @DATASETS.register_module(name='TenForTest', force=True)
    class Ten:
        def __len__(self):
            return 10

        def __getitem__(self, index):
            return index

    cfg = dict(
        dataset=dict(type='mmssl.TenForTest'),
        sampler=dict(type='DefaultSampler', shuffle=False),
        batch_size=4,
        collate_fn=dict(type='default_collate'),
    )
    before = repr(cfg)
    built = build_loader(Recorder(), cfg)
    assert repr(cfg) == before
    assert isinstance(built.dataset, SeededDataset)
    assert built.dataset.draw_seed == 3
    assert isinstance(built.sampler, NumberedSampler)
    assert [batch.tolist() for batch in built][-1] == [8, 9]
    batches = dict(type=BatchSampler, drop_last=True)
    built = build_loader(Recorder(), dict(cfg, batch_sampler=batches))
    assert isinstance(built.batch_sampler, SkippingBatchSampler)
    assert isinstance(built.batch_sampler.sampler, NumberedSampler)
    assert [batch.tolist() for batch in built][-1] == [4, 5, 6, 7]
    ready = DataLoader(range(3), sampler=SequentialSampler(range(3)))
    assert build_loader(Recorder(), ready) is ready
