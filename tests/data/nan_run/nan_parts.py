"""A tiny model and data set in which nan can be put into chosen draws."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import torch
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from mmpretrain.structures import DataSample
from torch import nn

from mmssl.registry import DATASETS, MODELS, OPTIM_WRAPPERS


def nan_sample(index: int, number: int, gate: float, value: float) -> dict:
    """Four numbers of the draw; ``value`` replaces the first if not 0."""
    inputs = np.random.default_rng(number).normal(size=4).astype(np.float32)
    inputs[0] = value or inputs[0]
    sample = DataSample(metainfo=dict(img_path=f'{index}.png', draw=number))
    sample.target = torch.tensor(float(np.abs(inputs[1:]).sum()))
    sample.gate = torch.tensor(gate)
    return dict(inputs=torch.from_numpy(inputs), data_samples=sample)


@DATASETS.register_module(force=True)
class NanSet(torch.utils.data.Dataset):
    """Draws in ``gates`` have gate 0, those in ``infs`` an infinite input."""

    def __init__(self, gates=(), infs=()):
        self.gates, self.infs = tuple(gates), tuple(infs)

    def __len__(self):
        return 10

    def __getitem__(self, index):
        number = getattr(index, 'number', int(index))
        gate = 0.0 if number in self.gates else 1.0
        value = float('inf') if number in self.infs else 0.0
        return nan_sample(int(index), number, gate, value)


@MODELS.register_module(force=True)
class NanModel(BaseModel):
    """Batch norm, dropout, and a loss that a gate of 0 can spoil.

    Args:
        spoil: 'log': the loss becomes inf; 'sqrt': the loss stays finite,
            the gradient of the first layer becomes nan; 'none'.
    """

    def __init__(self, spoil='none', dropout=0.0):
        super().__init__()
        torch.manual_seed(0)
        self.spoil = spoil
        self.first = nn.Linear(4, 8)
        self.norm = nn.BatchNorm1d(8)
        self.drop = nn.Dropout(dropout)
        self.last = nn.Linear(8, 1)

    def forward(self, inputs, data_samples, mode='tensor'):
        gate = torch.stack([s.gate for s in data_samples])
        target = torch.stack([s.target for s in data_samples])
        hidden = self.first(torch.stack(list(inputs)))
        output = self.last(self.drop(torch.tanh(self.norm(hidden))))[:, 0]
        losses = dict(loss_fit=((output.float() - target) ** 2).mean())
        if self.spoil == 'log':
            losses['loss_gate'] = -torch.log(gate).mean()
        elif self.spoil == 'sqrt':
            length = torch.sqrt((gate[:, None] * hidden).pow(2).sum(1))
            losses['loss_gate'] = 0.01 * length.mean()
        return losses


@OPTIM_WRAPPERS.register_module(force=True)
class CpuAmpWrapper(OptimWrapper):
    """float16 autocast and a real GradScaler, on the CPU."""

    def __init__(self, init_scale=2.0**16, **kwargs):
        super().__init__(**kwargs)
        self.loss_scaler = torch.amp.GradScaler('cpu', init_scale=init_scale)

    @contextmanager
    def optim_context(self, model):
        with super().optim_context(model):
            with torch.autocast('cpu', dtype=torch.float16):
                yield

    def backward(self, loss, **kwargs):
        self.loss_scaler.scale(loss).backward(**kwargs)
        self._inner_count += 1

    def step(self, **kwargs):
        if self.clip_grad_kwargs:
            self.loss_scaler.unscale_(self.optimizer)
            self._clip_grad()
        self.loss_scaler.step(self.optimizer, **kwargs)
        self.loss_scaler.update()

    def state_dict(self):
        scaler = self.loss_scaler.state_dict()
        return dict(super().state_dict(), loss_scaler=scaler)

    def load_state_dict(self, state_dict):
        self.loss_scaler.load_state_dict(state_dict.pop('loss_scaler'))
        super().load_state_dict(state_dict)
