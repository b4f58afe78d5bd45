"""Figures of training batches, in one process and in two."""

from __future__ import annotations

import logging
import math
from types import SimpleNamespace

import pytest
import torch
from mmengine.logging import MessageHub
from torch import nn

from mmssl.engine.hooks.collapse_hook import CollapseHook
from mmssl.probes.collapse import feature_std, rank_me
from mmssl.registry import HOOKS
from mmssl.testing.process_pair import run_in_pair


class Model(nn.Module):
    """The backbone's features are the inputs; the neck halves them."""

    def __init__(self, neck=True):
        super().__init__()
        self.backbone = nn.Sequential(nn.Identity())
        self.weight = nn.Parameter(torch.ones(1))
        self.neck = nn.Unflatten(1, (1, -1)) if neck else None

    def forward(self, views):
        for view in views:
            x = self.backbone(view)
            if self.neck is not None:
                self.neck(x * self.weight)


class Log(list):
    """Keeps (level, text)."""

    def warning(self, text):
        self.append((logging.WARNING, text))

    def info(self, text):
        self.append((logging.INFO, text))


def runner_of(model=None):
    return SimpleNamespace(
        model=model or Model(),
        iter=0,
        logger=Log(),
        message_hub=MessageHub(f'hub{torch.rand(1).item()}'),
    )


def iterate(hook, runner, *views):
    hook.before_train_iter(runner, runner.iter)
    runner.model(views)
    hook.after_train_iter(runner, runner.iter)
    runner.iter += 1


def logged(runner):
    prefix = 'train/collapse_'
    return {
        name[len(prefix) :]: buffer.current()
        for name, buffer in runner.message_hub.log_scalars.items()
        if name.startswith(prefix)
    }


def test_collapse_hook__figures_of_all_views_when_due():
    runner, hook = (
        runner_of(),
        HOOKS.build(dict(type='CollapseHook', interval=3)),
    )
    hook.before_train(runner)
    views = [torch.randn(6, 4), torch.randn(6, 4)]
    for _ in range(2):
        iterate(hook, runner, *views)
        assert logged(runner) == {}
        assert not runner.model.backbone._forward_hooks
    iterate(hook, runner, *views)
    rows = torch.cat(views)
    assert logged(runner) == {
        'backbone_std': pytest.approx(feature_std(rows).item()),
        'backbone_rank': pytest.approx(rank_me(rows).item()),
        'projection_std': pytest.approx(feature_std(rows).item()),
        'projection_rank': pytest.approx(rank_me(rows).item()),
    }
    assert not runner.model.backbone._forward_hooks
    assert not runner.logger


def test_collapse_hook__maps_are_pooled_and_rows_bounded():
    runner, hook = runner_of(Model(neck=False)), CollapseHook(1, max_rows=5)
    hook.before_train(runner)
    maps = torch.randn(11, 4, 3, 3)
    iterate(hook, runner, maps)
    # rows 0, 2, 4, 6, 8: evenly from the batch
    rows = maps.mean((2, 3))[[0, 2, 4, 6, 8]]
    assert logged(runner) == {
        'backbone_std': pytest.approx(feature_std(rows).item()),
        'backbone_rank': pytest.approx(rank_me(rows).item()),
    }


def test_collapse_hook__warns_once_and_says_when_it_is_over():
    runner = runner_of(Model(neck=False))
    hook = CollapseHook(1)
    hook.before_train(runner)
    same = torch.ones(8, 4) + 1e-4 * torch.randn(8, 4)
    for _ in range(3):
        iterate(hook, runner, same)
    ((level, text),) = runner.logger
    assert level == logging.WARNING
    assert 'features of backbone have collapsed: those of 8 views' in text
    assert 'even would be 0.5; they use 1.00 of 4 possible' in text
    iterate(hook, runner, torch.randn(8, 4))
    assert runner.logger[1:] == [
        (logging.INFO, 'the features of backbone spread again')
    ]
    iterate(hook, runner, same)
    assert len(runner.logger) == 3


def test_collapse_hook__a_line_counts_as_collapsed():
    """Rows on both ends of one line: spread, but one dimension."""
    runner = runner_of(Model(neck=False))
    hook = CollapseHook(1)
    hook.before_train(runner)
    rows = torch.tensor([[1.0], [-1.0]]).repeat(4, 1) * torch.ones(1, 4)
    iterate(hook, runner, rows)
    assert logged(runner)['backbone_std'] == pytest.approx(0.5)
    assert logged(runner)['backbone_rank'] == pytest.approx(1, abs=1e-3)
    assert 'have collapsed' in runner.logger[0][1]


@pytest.mark.parametrize(
    'rows', [torch.randn(1, 4), torch.full((3, 4), math.nan)]
)
def test_collapse_hook__nothing_to_compare(rows):
    runner = runner_of()
    hook = CollapseHook(1)
    hook.before_train(runner)
    iterate(hook, runner, rows)
    iterate(hook, runner)  # no pass at all
    assert logged(runner) == {}


def test_collapse_hook__other_modules():
    runner = runner_of()
    hook = CollapseHook(1, modules={'first': 'backbone.0'})
    hook.before_train(runner)
    iterate(hook, runner, torch.randn(4, 3))
    assert set(logged(runner)) == {'first_std', 'first_rank'}
    with pytest.raises(ValueError, match="no module 'teacher'; it has back"):
        CollapseHook(modules={'t': 'teacher'}).before_train(runner)


@pytest.mark.parametrize(
    'wrong',
    [dict(interval=0), dict(max_rows=1), dict(min_spread=-1.0)],
)
def test_collapse_hook__out_of_range(wrong):
    with pytest.raises(ValueError, match='interval must be >= 1, max_rows'):
        CollapseHook(**wrong)


def views_of(rank, count):
    generator = torch.Generator().manual_seed(rank)
    return torch.randn(count, 4, generator=generator)


CASES = [(6, 6), (3, 9), (0, 5), (5, 0)]


def _watched(rank):
    found = {}
    for counts in CASES:
        runner, hook = runner_of(), CollapseHook(1, max_rows=12)
        hook.before_train(runner)
        views = [views_of(rank, counts[rank])] if counts[rank] else []
        iterate(hook, runner, *views)
        found[counts] = logged(runner)
    return found


def test_collapse_hook__two_processes():
    found = run_in_pair(_watched)
    for counts in CASES:
        first, second = (views_of(r, counts[r]) for r in range(2))
        # no process gives more than its half of 12 rows
        second = (
            second[torch.arange(6) * 9 // 6] if len(second) == 9 else second
        )
        rows = torch.cat([first, second])
        for rank in range(2):
            numbers = found[rank][counts]
            assert numbers['backbone_rank'] == pytest.approx(
                rank_me(rows).item()
            )
            assert numbers['projection_std'] == pytest.approx(
                feature_std(rows).item()
            )
