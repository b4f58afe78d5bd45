"""The mean over processes, by a stand-in for the other process."""

from __future__ import annotations

import pytest
import torch

from mmssl.engine.hooks import average_loss_hook
from mmssl.registry import HOOKS


@pytest.fixture
def hook(monkeypatch):
    """A hook in a world of two; the other process has (3, 10)."""

    def all_reduce(values, op):
        assert op == 'mean'
        other = torch.tensor([3.0, 10.0], dtype=torch.float64)
        values.add_(other).div_(2)

    monkeypatch.setattr(average_loss_hook, 'get_world_size', lambda: 2)
    monkeypatch.setattr(average_loss_hook, 'all_reduce', all_reduce)
    return HOOKS.build(dict(type='AverageLossHook'))


def test_outputs__are_replaced_by_means(hook):
    loss = torch.tensor(1.0, requires_grad=True)
    outputs = dict(loss=loss, accuracy=4)
    hook.after_train_iter(None, 0, outputs=outputs)
    assert outputs['loss'].item() == 2.0
    assert outputs['accuracy'].item() == 7.0
    assert not outputs['loss'].requires_grad


def test_one_process__is_left_alone():
    hook = HOOKS.build(dict(type='AverageLossHook'))
    loss = torch.tensor(1.0)
    outputs = dict(loss=loss)
    hook.after_train_iter(None, 0, outputs=outputs)
    assert outputs['loss'] is loss
    hook.after_train_iter(None, 0, outputs=None)


def test_priority__before_anything_is_logged():
    names = ('AverageLossHook', 'RuntimeInfoHook', 'LoggerHook')
    first, *others = (HOOKS.get(name) for name in names)
    assert first.priority == 'HIGHEST'
    assert all(other.priority != 'HIGHEST' for other in others)
