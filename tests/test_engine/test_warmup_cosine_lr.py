"""The published schedule, by its numbers, with and without accumulation."""

from __future__ import annotations

import math

import pytest
import torch
from mmengine.optim import OptimWrapper
from torch import nn

from mmssl.engine import schedules
from mmssl.engine.warmup_cosine_lr import WarmupCosineLR, warmup_cosine
from mmssl.registry import PARAM_SCHEDULERS

PEAK = 14.4


def published_rates(epochs, warmup, length, peak=PEAK):
    """The published procedure: fractions of epochs are added up."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=peak)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer, T_max=epochs - warmup
    )
    epoch, rates = 0.0, []
    for _ in range(epochs * length):
        epoch += 1 / length
        if epoch > warmup + 1e-9:
            cosine.last_epoch = epoch - warmup
            (rate,) = cosine._get_closed_form_lr()
        else:
            rate = peak * epoch / warmup
        rates.append(rate)
    return rates


def rates_of_steps(epochs, warmup, length, accumulate=1, groups=1):
    """Learning rates at the steps that the optimiser really makes."""
    params = [nn.Parameter(torch.zeros(1)) for _ in range(groups)]
    sgd = torch.optim.SGD([dict(params=[p]) for p in params], lr=PEAK)
    wrapper = OptimWrapper(sgd, accumulative_counts=accumulate)
    rates = []
    step = sgd.step
    sgd.step = lambda *a, **k: (
        rates.append(sgd.param_groups[-1]['lr']),
        step(),
    )
    scheduler = build(wrapper, epochs, warmup, length)
    model = nn.ParameterList(params)
    iterations = epochs * length
    wrapper.initialize_count_status(model, 0, iterations)
    for _ in range(iterations):
        wrapper.update_params(sum(params).sum())
        scheduler.step()
    return rates, scheduler


def build(optimizer, epochs, warmup, length):
    return PARAM_SCHEDULERS.build(
        dict(
            type='mmssl.WarmupCosineLR',
            warmup=warmup,
            end=epochs,
            convert_to_iter_based=True,
        ),
        default_args=dict(optimizer=optimizer, epoch_length=length),
    )


def test_rates__are_the_published_ones_at_every_step():
    rates, _ = rates_of_steps(20, 10, 7)
    want = published_rates(20, 10, 7)
    assert rates == pytest.approx(want, rel=1e-9, abs=1e-12)


def test_rates__of_the_200_epoch_recipe_at_some_steps():
    # 157 steps of 8192 images in an epoch of ImageNet
    length, total = 157, 31400
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=PEAK)
    scheduler = build(optimizer, 200, 10, length)
    wanted = {
        0: PEAK / length / 10,
        1: 2 * PEAK / 1570,
        784: PEAK / 2,
        1569: PEAK,
        1570: PEAK * (1 + math.cos(math.pi / 29830)) / 2,
        1569 + 29830 // 2: PEAK / 2,
        total - 1: 0.0,
    }
    seen = {}
    for t in range(total):
        if t in wanted:
            seen[t] = optimizer.param_groups[0]['lr']
        optimizer._global_step = t  # no warning about the order
        scheduler.step()
    assert seen == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize('accumulate', [2, 4])
def test_accumulation__has_the_same_curve_for_each_optimiser_step(accumulate):
    # A quarter of the batch: four times the iterations of an epoch.
    whole, _ = rates_of_steps(6, 2, 5)
    parts, _ = rates_of_steps(6, 2, 5 * accumulate, accumulate)
    assert len(parts) == 30
    assert parts == pytest.approx(whole, rel=1e-12, abs=1e-15)


def test_accumulation__over_borders_of_epochs_keeps_the_curve_by_epochs():
    # 9 iterations of an epoch are no multiple of 4: step k is made when
    # 4 (k + 1) / 9 epochs are done, or training is over.
    rates, _ = rates_of_steps(6, 2, 9, 4)
    done = [min(4 * (k + 1), 54) / 9 for k in range(14)]
    want = [PEAK * warmup_cosine(epochs, 2, 6) for epochs in done]
    assert rates == pytest.approx(want, rel=1e-12, abs=1e-15)


def test_rates__of_all_groups_keep_their_proportion():
    params = [nn.Parameter(torch.zeros(1)) for _ in range(2)]
    sgd = torch.optim.SGD(
        [dict(params=params[:1]), dict(params=params[1:], lr=0.1)], lr=2.0
    )
    scheduler = build(sgd, 4, 1, 3)
    for _ in range(9):
        first, second = (group['lr'] for group in sgd.param_groups)
        assert second / first == pytest.approx(0.05)
        sgd.step()
        scheduler.step()


def test_resume__state_and_replay_give_the_same_rates():
    def fresh():
        sgd = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=PEAK)
        return sgd, build(sgd, 6, 2, 5)

    sgd, scheduler = fresh()
    for _ in range(17):
        sgd.step()
        scheduler.step()
    loaded_sgd, loaded = fresh()
    loaded.load_state_dict(scheduler.state_dict())
    replayed_sgd, replayed = fresh()
    assert schedules.replayable([replayed])
    schedules.replay([replayed], 17, 5)
    assert replayed_sgd.param_groups[0]['lr'] == sgd.param_groups[0]['lr']
    for one, other in ((loaded_sgd, loaded), (sgd, scheduler)):
        one.step()
        other.step()
    assert loaded_sgd.param_groups[0]['lr'] == sgd.param_groups[0]['lr']
    longer = build(loaded_sgd, 9, 2, 5)
    changed = schedules.changed_settings(
        [scheduler.state_dict()], [longer.state_dict()]
    )
    assert changed == ['scheduler 0: end 30 -> 45']


def test_without_warmup__the_first_step_is_almost_the_whole_rate():
    rates, _ = rates_of_steps(2, 0, 4)
    want = [PEAK * (1 + math.cos(math.pi * k / 8)) / 2 for k in range(1, 9)]
    assert rates == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize('warmup', [-1, 4, 5])
def test_warmup__that_does_not_fit(warmup):
    sgd = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    with pytest.raises(ValueError, match=f'of training, got {warmup}'):
        WarmupCosineLR(sgd, warmup=warmup, end=4)


def test_warmup__that_does_not_fit_is_told_in_the_unit_of_the_config():
    sgd = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    with pytest.raises(ValueError, match=r'the 2 epochs of .* got 10: for a'):
        build(sgd, epochs=2, warmup=10, length=157)


def test_conversion__needs_epochs():
    sgd = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    with pytest.raises(ValueError, match='got True and None'):
        WarmupCosineLR.build_iter_from_epoch(sgd, warmup=1, end=4)
