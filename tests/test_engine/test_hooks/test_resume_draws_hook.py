"""Draw numbers by hand; the sampler's own data as the oracle."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from mmengine.runner import IterBasedTrainLoop
from torch.utils.data import DataLoader, RandomSampler

from mmssl.datasets.samplers import DrawSampler
from mmssl.engine.hooks import ResumeDrawsHook, resume_draws_hook

DATA = list(range(10))


def runner_of(sampler, iteration, batch_size=4):
    """A runner whose loop is at an iteration, as mmengine sets it up."""
    messages = []
    runner = SimpleNamespace(
        visualizer=SimpleNamespace(),
        logger=SimpleNamespace(info=messages.append),
        train_dataloader=DataLoader(DATA, batch_size, sampler=sampler),
        messages=messages,
    )
    loop = IterBasedTrainLoop(runner, runner.train_dataloader, 100)
    loop._iter = iteration
    runner.train_loop = loop
    return runner


def batches(runner, number):
    """What mmengine's loop trains on after throwing away what is done."""
    for _ in range(runner.train_loop.iter):
        next(runner.train_loop.dataloader_iterator)
    return [
        next(runner.train_loop.dataloader_iterator).tolist()
        for _ in range(number)
    ]


@pytest.mark.parametrize('batch_size', [4, 3])
def test_resume__goes_on_where_the_run_stopped(batch_size):
    straight = batches(runner_of(DrawSampler(DATA, 3), 0, batch_size), 9)
    runner = runner_of(DrawSampler(DATA, 3), 6, batch_size)
    ResumeDrawsHook().before_train(runner)
    assert batches(runner, 3) == straight[6:]
    assert runner.messages == [f'the data goes on at draw {6 * batch_size}']


def test_resume__counts_draws_over_changes_of_the_batch_size():
    hook = ResumeDrawsHook()
    hook.after_load_checkpoint(None, dict(meta=dict(iter=6, draws=24)))
    runner = runner_of(DrawSampler(DATA, 3), 6, batch_size=2)
    hook.before_train(runner)
    order = batches(runner_of(DrawSampler(DATA, 3), 0, batch_size=1), 28)
    flat = [index for batch in batches(runner, 2) for index in batch]
    assert flat == [index for batch in order[24:] for index in batch]
    checkpoint = dict(meta=dict(iter=10))
    hook.before_save_checkpoint(runner, checkpoint)
    assert checkpoint['meta']['draws'] == 24 + 4 * 2


def test_save__draws_of_all_processes(monkeypatch):
    monkeypatch.setattr(resume_draws_hook, 'get_world_size', lambda: 3)
    checkpoint = dict(meta=dict(iter=5))
    runner = runner_of(DrawSampler(DATA, 3), 4)
    ResumeDrawsHook().before_save_checkpoint(runner, checkpoint)
    assert checkpoint['meta']['draws'] == 5 * 4 * 3


def test_other_samplers_and_fresh_runs__are_left_to_mmengine():
    runner = runner_of(RandomSampler(DATA), 6)
    iterator = runner.train_loop.dataloader_iterator
    hook = ResumeDrawsHook()
    hook.before_train(runner)
    checkpoint = dict(meta=dict(iter=7))
    hook.before_save_checkpoint(runner, checkpoint)
    assert checkpoint == dict(meta=dict(iter=7))
    assert runner.train_loop.dataloader_iterator is iterator
    fresh = runner_of(DrawSampler(DATA, 3), 0)
    iterator = fresh.train_loop.dataloader_iterator
    hook.before_train(fresh)
    assert fresh.train_loop.dataloader_iterator is iterator


def test_workers__prefetched_batches_are_dropped():
    sampler = DrawSampler(DATA, 3)
    runner = runner_of(sampler, 6)
    loader = DataLoader(
        DATA,
        4,
        sampler=sampler,
        num_workers=1,
        persistent_workers=True,
    )
    runner.train_dataloader = loader
    loop = IterBasedTrainLoop(runner, loader, 100)
    loop._iter = 6
    runner.train_loop = loop
    ResumeDrawsHook().before_train(runner)
    straight = batches(runner_of(DrawSampler(DATA, 3), 0), 8)
    assert batches(runner, 2) == straight[6:]
