"""Epochs and steps of a run."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from mmengine.optim import OptimWrapper
from mmengine.runner import EpochBasedTrainLoop
from torch import nn

from mmssl.engine.run_config import LaunchError
from mmssl.engine.run_position import Length, step_of


def runner_at(iteration, epoch=0, accumulate=1, epochs=True):
    sgd = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    loop = object.__new__(EpochBasedTrainLoop) if epochs else object()
    return SimpleNamespace(
        iter=iteration,
        epoch=epoch,
        train_loop=loop,
        optim_wrapper=OptimWrapper(sgd, accumulative_counts=accumulate),
    )


def test_step_of__counts_what_the_wrapper_does():
    for every, total in ((1, 5), (2, 7), (4, 9)):
        sgd = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
        wrapper = OptimWrapper(sgd, accumulative_counts=every)
        wrapper.initialize_count_status(nn.Module(), 0, total)
        made = []
        for iteration in range(total):
            taken = sum(made)
            wrapper.update_params(sgd.param_groups[0]['params'][0].sum())
            made.append(wrapper.should_update())
            assert step_of(iteration, every) == taken


def test_length__epochs_and_steps():
    epochs, steps = Length(2, None, 'Hook'), Length(1, 3, 'Hook')
    assert (str(epochs), str(steps)) == ('2 epochs', '3 steps')
    here = runner_at(11, epoch=5, accumulate=4)
    assert epochs.done(here) == 5
    assert steps.done(here) == 2
    for length in (epochs, steps):
        length.check(here)
    by_iterations = runner_at(11, epochs=False)
    steps.check(by_iterations)
    with pytest.raises(LaunchError, match=r'Hook counts 2 epochs.*give steps'):
        epochs.check(by_iterations)


@pytest.mark.parametrize(('epochs', 'steps'), [(-1, None), (1, -1)])
def test_length__below_0(epochs, steps):
    with pytest.raises(ValueError, match=r'Hook: .* at least 0, got -1'):
        Length(epochs, steps, 'Hook')
