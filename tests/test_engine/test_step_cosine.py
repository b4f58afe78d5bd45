"""Published schedules, by golden numbers and by the published procedure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.optim import OptimWrapper
from torch import nn

from mmssl.engine import schedules
from mmssl.engine.step_cosine import step_cosine
from mmssl.registry import PARAM_SCHEDULERS
from mmssl.utils.momentum_schedule import cosine_momentum

GOLDEN = Path(__file__).resolve().parents[1] / 'data/golden/solider.npz'
PEAK = 7.5e-4


def published(base, final, total, warmup=0):
    """The published procedure: one array of values for the whole run."""
    steps = np.arange(total - warmup)
    cosine = final + 0.5 * (base - final) * (
        1 + np.cos(np.pi * steps / len(steps))
    )
    return np.concatenate([np.linspace(0, base, warmup), cosine])


@pytest.fixture(scope='module')
def golden():
    with np.load(GOLDEN) as file:
        return {
            name.split('/')[1]: file[name]
            for name in file.files
            if name.startswith('schedule/')
        }


def test_step_cosine__golden_numbers(golden):
    assert len(golden['steps']) == 9
    for i, step in enumerate(golden['steps'].tolist()):
        lr = step_cosine(step, 5000, PEAK, 1e-6, 500)
        wd = step_cosine(step, 5000, 0.04, 0.4)
        momentum = cosine_momentum(step, 5000, 0.996)
        assert lr == pytest.approx(golden['lr'][i], rel=1e-15, abs=1e-19)
        assert wd == pytest.approx(golden['wd'][i], rel=1e-15)
        assert momentum == pytest.approx(golden['momentum'][i], rel=1e-15)


@pytest.mark.parametrize(('total', 'warmup'), [(40, 10), (7, 1), (9, 0)])
def test_step_cosine__is_the_published_array(total, warmup):
    values = [step_cosine(k, total, 3.0, 0.5, warmup) for k in range(total)]
    want = published(3.0, 0.5, total, warmup)
    assert values == pytest.approx(want.tolist(), rel=1e-12)


def build(kind, optimizer, epochs, length, **changes):
    return PARAM_SCHEDULERS.build(
        dict(
            type=f'mmssl.{kind}',
            end=epochs,
            convert_to_iter_based=True,
            **changes,
        ),
        default_args=dict(optimizer=optimizer, epoch_length=length),
    )


def values_of_steps(epochs, length, accumulate=1):
    """Rate and decay of each group at the steps that are really made."""
    params = [nn.Parameter(torch.zeros(1)) for _ in range(3)]
    groups = [
        dict(params=params[:1]),
        dict(params=params[1:2], weight_decay=0.0),
        dict(params=params[2:], lr=PEAK / 10),
    ]
    adamw = torch.optim.AdamW(groups, lr=PEAK, weight_decay=0.04)
    wrapper = OptimWrapper(adamw, accumulative_counts=accumulate)
    parts = [
        build('StepCosineLR', wrapper, epochs, length, warmup=10),
        build('StepCosineWeightDecay', wrapper, epochs, length),
    ]
    made = []
    adamw.register_step_pre_hook(
        lambda *_: made.append(
            [(g['lr'], g['weight_decay']) for g in adamw.param_groups]
        )
    )
    wrapper.initialize_count_status(nn.Module(), 0, epochs * length)
    for _ in range(epochs * length):
        wrapper.update_params(sum(params).sum())
        for part in parts:
            part.step()
    return np.array(made), parts


def test_schedulers__golden_numbers_in_the_groups_of_an_optimiser(golden):
    params = [nn.Parameter(torch.zeros(1)) for _ in range(2)]
    groups = [
        dict(params=params[:1]),
        dict(params=params[1:], weight_decay=0.0, lr=PEAK / 10),
    ]
    adamw = torch.optim.AdamW(groups, lr=PEAK, weight_decay=0.04)
    parts = [
        build('StepCosineLR', adamw, 100, 50, warmup=10),
        build('StepCosineWeightDecay', adamw, 100, 50),
    ]
    made = []
    for step in range(5000):
        made.append([(g['lr'], g['weight_decay']) for g in adamw.param_groups])
        adamw._global_step = step  # no warning about the order
        for part in parts:
            part.step()
    made = np.array(made)
    at = made[golden['steps']]
    np.testing.assert_allclose(at[:, 0, 0], golden['lr'], rtol=1e-14)
    np.testing.assert_allclose(at[:, 0, 1], golden['wd'], rtol=1e-14)
    # another rate comes down to the same end; biases never get a decay
    want = published(PEAK / 10, 1e-6, 5000, 500)
    np.testing.assert_allclose(made[:, 1, 0], want, rtol=1e-12, atol=1e-19)
    assert not made[:, 1, 1].any()


@pytest.mark.parametrize('accumulate', [2, 8])
def test_accumulation__each_step_has_the_value_of_the_whole_batch(accumulate):
    whole, _ = values_of_steps(12, 3)
    parts, _ = values_of_steps(12, 3 * accumulate, accumulate)
    assert len(parts) == len(whole) == 36
    np.testing.assert_allclose(parts, whole, rtol=1e-14)


def test_accumulation__over_borders_of_epochs():
    # 12 epochs of 7 iterations by 4: 21 steps, warm-up of ceil(70 / 4)
    made, _ = values_of_steps(12, 7, 4)
    np.testing.assert_allclose(
        made[:, 0, 0], published(PEAK, 1e-6, 21, 18), rtol=1e-12, atol=1e-19
    )
    np.testing.assert_allclose(
        made[:, 0, 1], published(0.04, 0.4, 21), rtol=1e-12
    )


def test_resume__state_and_replay_give_the_same_values():
    def fresh():
        adamw = torch.optim.AdamW(
            [nn.Parameter(torch.zeros(1))], lr=PEAK, weight_decay=0.04
        )
        return adamw, [
            build('StepCosineLR', adamw, 12, 5, warmup=1),
            build('StepCosineWeightDecay', adamw, 12, 5),
        ]

    adamw, parts = fresh()
    for _ in range(17):
        adamw.step()
        for part in parts:
            part.step()
    want = (adamw.param_groups[0]['lr'], adamw.param_groups[0]['weight_decay'])
    other, replayed = fresh()
    assert schedules.replayable(replayed)
    schedules.replay(replayed, 17, 5)
    group = other.param_groups[0]
    assert (group['lr'], group['weight_decay']) == want
    third, loaded = fresh()
    for part, state in zip(loaded, schedules.states(parts)):
        part.load_state_dict(state)
    for optimizer, built in ((adamw, parts), (third, loaded)):
        optimizer.step()
        for part in built:
            part.step()
    assert third.param_groups[0]['lr'] == adamw.param_groups[0]['lr']
    longer = [build('StepCosineLR', third, 15, 5, warmup=1)]
    assert schedules.changed_settings(
        schedules.states(parts[:1]), schedules.states(longer)
    ) == ['scheduler 0: end 60 -> 75']


def test_arguments__that_make_no_sense():
    sgd = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    with pytest.raises(ValueError, match=r'the 2 epochs of .* got 10: for a'):
        build('StepCosineLR', sgd, 2, 5, warmup=10)
    with pytest.raises(ValueError, match='final must be at least 0, got -1'):
        build('StepCosineWeightDecay', sgd, 2, 5, final=-1)
    with pytest.raises(ValueError, match='got True and None'):
        build('StepCosineLR', sgd, 2, None, warmup=1)
