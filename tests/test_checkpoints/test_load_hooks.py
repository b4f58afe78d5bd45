"""Hooks that rename and resize run before names and shapes are compared."""

from __future__ import annotations

import torch
from torch import nn

from mmssl.checkpoints.load_hooks import after_load_hooks
from mmssl.checkpoints.load_report import load_into


class Renames(nn.Module):
    """Reads files in which ``weight`` was called ``old`` and was longer."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2))
        self._register_load_state_dict_pre_hook(self.rename)

    def rename(self, state, prefix, *more):
        if prefix + 'old' in state:
            state[prefix + 'weight'] = state.pop(prefix + 'old')[:2]


def test_hooks__of_submodules_run_on_a_copy():
    model = nn.Sequential(Renames(), nn.Linear(1, 1))
    state = {'0.old': torch.arange(3.0), '1.bias': torch.ones(1)}
    changed = after_load_hooks(model, state)
    assert sorted(changed) == ['0.weight', '1.bias']
    assert changed['0.weight'].tolist() == [0, 1]
    assert sorted(state) == ['0.old', '1.bias']


def test_load_into__counts_what_the_hooks_made():
    model = Renames()
    report = load_into(model, {'old': torch.tensor([5.0, 6.0, 7.0])})
    assert report.share == 1
    assert report.unexpected == ()
    assert model.weight.tolist() == [5, 6]
