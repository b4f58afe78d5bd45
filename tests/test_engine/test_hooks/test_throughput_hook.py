"""What the hook logs and when it warns, on a clock of its own."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.dataset import BaseDataset

from mmssl.engine import launch
from mmssl.engine.hooks import throughput_hook as module
from mmssl.engine.hooks.throughput_hook import (
    ThroughputHook,
    resident_mib,
    slowest_transform,
)

TOY = Path(__file__).parents[2] / 'data' / 'toy_run'


class Slow:
    def __call__(self, results):
        begin = time.thread_time()
        while time.thread_time() - begin < 0.002:
            np.random.rand()
            random.random()
        torch.rand(1)
        return results


class Numbers(BaseDataset):
    METAINFO = dict()

    def load_data_list(self):
        return [dict(x=i) for i in range(5)]


class Run:
    """A stand-in for a runner, with a clock that only we advance."""

    def __init__(self, monkeypatch, hook, workers=2):
        self.hook, self.now = hook, 0.0
        clock = SimpleNamespace(perf_counter=lambda: self.now)
        clock.thread_time = time.thread_time
        monkeypatch.setattr(module, 'time', clock)
        self.values: dict[str, float] = {}
        self.warnings: list[str] = []
        hub = SimpleNamespace(update_scalar=self.values.__setitem__)
        data = Numbers(pipeline=[lambda r: r, Slow()])
        self.runner = SimpleNamespace(
            message_hub=hub,
            train_loop=SimpleNamespace(),
            logger=SimpleNamespace(warning=self.warnings.append),
            train_dataloader=SimpleNamespace(
                dataset=data, num_workers=workers, batch_size=4
            ),
        )
        hook.before_train(self.runner)

    def iteration(self, wait, work, batch=None):
        self.now += wait
        self.hook.before_train_iter(self.runner, 0, batch)
        self.now += work
        batch = batch or dict(inputs=[0] * 4)
        self.hook.after_train_iter(self.runner, 0, batch, {})


@pytest.fixture
def run(monkeypatch):
    def make(**options):
        settings = dict(window=3, warm_up=1, samples=2)
        hook = ThroughputHook(**{**settings, **options})
        return Run(monkeypatch, hook)

    return make


def test_scalars__over_the_window_of_all_processes(run, monkeypatch):
    monkeypatch.setattr(module, 'get_world_size', lambda: 8)
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    run = run()
    run.iteration(100.0, 100.0)  # workers start
    assert run.values == {}
    for wait in (7.0, 0.0, 1.0, 2.0):
        run.iteration(wait, 1.0)
    assert run.values['train/images_per_s'] == pytest.approx(8 * 12 / 6)
    assert run.values['train/data_wait'] == pytest.approx(0.5)
    assert run.values['train/memory'] == pytest.approx(resident_mib(), rel=0.2)


def test_scalars__the_gpus_memory_is_logged_by_the_host(run, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    run = run(warm_up=0)
    run.iteration(1.0, 1.0)
    assert set(run.values) == {'train/images_per_s', 'train/data_wait'}


def test_scalars__what_lies_between_is_no_waiting(run):
    run = run(warm_up=0)
    run.iteration(1.0, 1.0)
    for between in ('after_val_epoch', 'after_val', 'before_train_epoch'):
        run.now += 50.0
        getattr(run.hook, between)(run.runner)
    run.iteration(1.0, 1.0)
    assert run.values['train/data_wait'] == pytest.approx(0.5)


def test_scalars__other_hooks_are_no_waiting_where_the_loop_knows(run):
    run = run(warm_up=0)
    run.runner.train_loop.stream = SimpleNamespace(waited_s=1.0)
    run.iteration(wait=3.0, work=1.0)  # 2 of the 3 s in hooks before this one
    assert run.values['train/data_wait'] == pytest.approx(0.25)


def test_scalars__unclear_batches_count_as_the_loaders(run):
    run = run(warm_up=0)
    run.iteration(0.0, 2.0, batch=object())
    assert run.values['train/images_per_s'] == pytest.approx(2.0)


def test_warning__once_with_the_transform(run):
    run = run(warn_above=0.3)
    for _ in range(3):
        run.iteration(3.0, 1.0)
    assert run.warnings == []  # the window is not full
    for _ in range(5):
        run.iteration(1.0, 1.0)
    (text,) = run.warnings
    assert '70 % of the last 3 iterations' in text
    assert 'Slow takes most of it' in text
    assert 'num_workers' in text or 'more than the' in text


def test_warning__not_below_the_threshold(run):
    run = run(warn_above=0.5)
    for _ in range(9):
        run.iteration(1.0, 1.0)
    assert run.warnings == []


def test_slowest__leaves_no_trace_in_random_states():
    data = Numbers(pipeline=[Slow()])

    def draw():
        return random.random(), np.random.rand(), torch.rand(1).item()

    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    expected = draw()
    random.seed(0), np.random.seed(0), torch.manual_seed(0)
    name, share = slowest_transform(data, 2)
    assert (name, draw()) == ('Slow', expected)
    assert 0.5 < share <= 1
    assert slowest_transform([1, 2], 2) is None


def test_arguments__shares():
    with pytest.raises(ValueError, match=r'share in \(0, 1\], got 20'):
        ThroughputHook(warn_above=20)


def test_priority__after_checkpoints():
    assert ThroughputHook.priority == 'LOWEST'


@pytest.mark.parametrize('by_epoch', [False, True])
def test_run__is_in_every_log(tmp_path, monkeypatch, by_epoch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(TOY))
    options: dict = {'optim_wrapper.accumulative_counts': 2}
    if by_epoch:
        options['train_dataloader.sampler.infinite'] = False
        options['param_scheduler'] = None
    for resume, length in ((None, 1), ('auto', 2)):
        loop = dict(by_epoch=False, max_iters=8 * length)
        if by_epoch:
            loop = dict(by_epoch=True, max_epochs=4 * length, _delete_=True)
        options['train_cfg'] = loop
        launch.train(
            TOY / 'toy_config.py',
            work_dir='run',
            validate=False,
            resume=resume,
            cfg_options=options,
        )
        options['experiment_name'] = 'resumed'
    file = max(tmp_path.glob('run/*/vis_data/scalars.json'))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    last = lines[-1]
    assert last['iter'] == (24 if by_epoch else 16)
    assert last['images_per_s'] > 0
    assert 0 <= last['data_wait'] <= 1
    assert last['memory'] > 10
    log = next(tmp_path.glob('run/*/*.log')).read_text()
    assert 'WARNING' not in log or 'bottleneck' not in log
