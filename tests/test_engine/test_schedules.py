"""Learning rates of an uninterrupted run are the oracle."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
from mmengine.optim import (
    CosineAnnealingLR,
    LinearLR,
    MultiStepLR,
    OptimWrapper,
)

from mmssl.engine import schedules

COSINE = dict(type='CosineAnnealingLR', by_epoch=False, begin=40)
STEP = dict(type='mmengine.MultiStepLR', begin=2, milestones=[3])


def optimizer(lr=1.0):
    weight = torch.nn.Parameter(torch.zeros(1))
    return OptimWrapper(torch.optim.SGD([weight], lr=lr))


def warm_up_and_cosine(wrapper, end):
    return [
        LinearLR(wrapper, 0.1, by_epoch=False, begin=0, end=4),
        CosineAnnealingLR(
            wrapper,
            T_max=end - 4,
            eta_min=0.0,
            by_epoch=False,
            begin=4,
            end=end,
        ),
        MultiStepLR(wrapper, [1], gamma=0.5, by_epoch=True, end=9),
    ]


def rates(steps, end, epoch_length):
    """Rates after each iteration, stepped as the host's hook does."""
    wrapper = optimizer()
    built = warm_up_and_cosine(wrapper, end)
    values = []
    for iteration in range(1, steps + 1):
        for scheduler in built:
            if not scheduler.by_epoch:
                scheduler.step()
        if iteration % epoch_length == 0:
            built[2].step()
        values.append(wrapper.param_groups[0]['lr'])
    return values


@pytest.mark.parametrize('iterations', [0, 3, 6, 7, 11])
def test_replay__is_the_run_from_the_start(iterations):
    expected = [1.0 * 0.1, *rates(11, 20, 6)][iterations]
    wrapper = optimizer()
    built = warm_up_and_cosine(wrapper, 20)
    schedules.replay(built, iterations, 6)
    assert wrapper.param_groups[0]['lr'] == expected
    if iterations == 11:  # and the cosine by its formula
        assert expected == pytest.approx(
            0.5 * (1 + math.cos(math.pi * 7 / 16)) / 2
        )


def test_replay__runs_by_iterations_have_no_epochs():
    wrapper = optimizer()
    built = warm_up_and_cosine(wrapper, 20)
    schedules.replay(built, 12, None)
    assert built[2].last_step == 0


def test_drop_late__what_begins_in_time_stays():
    linear = dict(type='LinearLR', by_epoch=False, begin=0, end=40)
    kept, texts = schedules.drop_late([linear, COSINE], 41, 1)
    assert kept == [linear, COSINE]
    assert texts == []


def test_drop_late__what_begins_later_goes():
    linear = dict(type='LinearLR', by_epoch=False, begin=0, end=40)
    kept, texts = schedules.drop_late([linear, COSINE, STEP], 40, 2)
    assert kept == [linear]
    assert texts == [
        'CosineAnnealingLR begins at iteration 40, training ends at 40',
        'MultiStepLR begins at epoch 2, training ends at 2',
    ]
    assert schedules.drop_late(COSINE, 40, 1)[0] == []
    assert schedules.drop_late(COSINE, 41, 1)[0] == [COSINE]
    # an end of its own is the config's business
    own = dict(COSINE, end=60)
    assert schedules.drop_late(own, 10, 1) == ([own], [])


def test_drop_late__by_optimizer_and_built_ones():
    kept, texts = schedules.drop_late(dict(a=[COSINE], b=COSINE), 9, 1)
    assert kept == dict(a=[], b=[])
    assert len(texts) == 2
    built = warm_up_and_cosine(optimizer(), 20)
    assert schedules.drop_late(built, 3, 1) == (built, [])


def test_changed_settings__progress_is_no_setting():
    short, long, far = (
        warm_up_and_cosine(optimizer(), 20),
        warm_up_and_cosine(optimizer(), 24),
        warm_up_and_cosine(optimizer(), 20),
    )
    schedules.replay(far, 9, None)
    short, long, far = map(schedules.states, (short, long, far))
    assert schedules.changed_settings(far, short) == []
    assert schedules.changed_settings(far, long) == [
        'scheduler 1: T_max 16 -> 20',
        'scheduler 1: end 20 -> 24',
    ]
    assert schedules.changed_settings(far[:1], long) == ['1 -> 3 schedulers']


def test_replayable__not_with_metrics():
    plain = SimpleNamespace(step=None)
    assert schedules.replayable([plain])
    assert not schedules.replayable(
        [plain, SimpleNamespace(need_val_args=True)]
    )
