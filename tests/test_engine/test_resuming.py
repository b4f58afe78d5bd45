"""Places in the data by hand; schedules against those of a fresh run."""

from __future__ import annotations

import copy
import logging
import math
from types import SimpleNamespace

import pytest
import torch
from mmengine.optim import CosineAnnealingLR, OptimWrapper, ReduceOnPlateauLR
from mmengine.runner import EpochBasedTrainLoop
from torch.utils.data import DataLoader

from mmssl.datasets.samplers import DrawSampler
from mmssl.engine import resuming, schedules
from mmssl.engine.batch_stream import DataPosition

DATA = list(range(10))


def runner_of(infinite=True, loop_type=SimpleNamespace):
    loader = DataLoader(
        DATA, 4, sampler=DrawSampler(DATA, 0, infinite=infinite)
    )
    loop = loop_type.__new__(loop_type)
    loop.dataloader = loader
    loop.stream = SimpleNamespace(position=None, reads_again=False)
    return SimpleNamespace(
        train_dataloader=loader,
        train_loop=loop,
        logger=logging.getLogger('test_resuming'),
    )


@pytest.mark.parametrize(
    ('runner', 'meta', 'place'),
    [
        (runner_of(), dict(iter=7, epoch=0), (0, 7, 28)),
        # written by earlier versions, which kept the draws only
        (runner_of(), dict(iter=7, epoch=0, draws=13), (0, 7, 13)),
        (runner_of(False), dict(iter=7, epoch=0), (2, 1, 4)),
        (
            runner_of(False, EpochBasedTrainLoop),
            dict(iter=5, epoch=1),
            (1, 2, 8),
        ),
        # the batch size was another one: the epoch from its head
        (
            runner_of(False, EpochBasedTrainLoop),
            dict(iter=50, epoch=1),
            (1, 0, 0),
        ),
    ],
)
def test_place__without_a_state(runner, meta, place):
    found = resuming.resume_data(runner, meta, {})
    assert runner.train_loop.stream.position == DataPosition(*place)
    assert len(found) == 1
    assert found[0].startswith('the checkpoint holds no state of the run')


def test_place__a_loop_of_another_kind():
    runner = runner_of()
    del runner.train_loop.stream
    found = resuming.resume_data(runner, dict(iter=7, epoch=0), {})
    assert (
        found[1] == 'SimpleNamespace is not a loop that resumes at any batch'
    )


def test_filter__one_sentence_only():
    def passes(text):
        record = logging.LogRecord('a', 30, 'b', 1, text, (), None)
        return resuming.gradients_are_not_lost(record)

    assert passes('the loss is lost')
    assert not passes('the gradient of some iterations is lost and')


def scheduled(end, kind=CosineAnnealingLR, **options):
    weight = torch.nn.Parameter(torch.zeros(1))
    wrapper = OptimWrapper(torch.optim.SGD([weight], lr=0.8))
    runner = runner_of()
    runner.optim_wrapper = wrapper
    runner.train_loop.iter = 6

    def build(cfg):
        return [kind(wrapper, **cfg, **options)]

    runner.build_param_scheduler = build
    runner.scheduler_cfg = (
        dict(T_max=end, end=end, by_epoch=False) if end else {}
    )
    runner.param_schedulers = build(copy.deepcopy(runner.scheduler_cfg))
    return runner


def resumed(before, now):
    """Load one run's states into another, as mmengine does."""
    built = schedules.states(now.param_schedulers)
    saved = schedules.states(before.param_schedulers)
    for scheduler, state in zip(now.param_schedulers, saved):
        scheduler.load_state_dict(state)
    groups = before.optim_wrapper.param_groups
    now.optim_wrapper.param_groups[0]['lr'] = groups[0]['lr']
    return resuming.resume_schedules(now, dict(param_schedulers=saved), built)


def test_schedules__the_configs_is_followed():
    short, long, wanted = scheduled(6), scheduled(9), scheduled(9)
    schedules.replay(short.param_schedulers, 6, None)
    schedules.replay(wanted.param_schedulers, 6, None)
    (text,) = resumed(short, long)
    assert 'scheduler 0: T_max 6 -> 9; scheduler 0: end 6 -> 9' in text
    assert text.endswith("the config's is followed from here on")
    for _ in range(3):
        for runner in (long, wanted):
            runner.param_schedulers[0].step()
        rates = [r.optim_wrapper.param_groups[0]['lr'] for r in (long, wanted)]
        assert rates[0] == rates[1]
    # its end itself is no step of a scheduler
    assert rates[0] == pytest.approx(0.4 * (1 + math.cos(math.pi * 8 / 9)))


def test_schedules__equal_ones_are_left_alone():
    one, two = scheduled(9), scheduled(9)
    schedules.replay(one.param_schedulers, 6, None)
    assert resumed(one, two) == []
    assert two.param_schedulers[0].last_step == 6
    assert resuming.resume_schedules(two, {}, []) == []


def test_schedules__that_depend_on_metrics_stay_as_they_were():
    one = scheduled(None, ReduceOnPlateauLR, patience=2)
    two = scheduled(None, ReduceOnPlateauLR, patience=3)
    (text,) = resumed(one, two)
    assert 'patience 2 -> 3' in text
    assert text.endswith('it depends on metrics, so the old one is kept')
    assert two.param_schedulers[0].patience == 2
