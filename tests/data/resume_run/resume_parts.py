"""A model, a data set and hooks that miss no way to spoil a resumed run."""

from __future__ import annotations

import os
import random
import signal
from contextlib import contextmanager

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from mmpretrain.structures import DataSample
from torch import nn

from mmssl.datasets.drawn_dataset import DrawnDataset
from mmssl.io.errors import DataFileError
from mmssl.registry import DATASETS, HOOKS, METRICS, MODELS, OPTIM_WRAPPERS


@DATASETS.register_module(force=True)
class NoisySet(torch.utils.data.Dataset):
    """Samples from the global generators, as other libraries' have them."""

    def __init__(self, size):
        self.size = size
        self.asked = []

    def __len__(self):
        return self.size

    def __getitem__(self, index):
        self.asked.append(int(index))
        values = [random.random(), np.random.rand(), torch.rand(1).item()]
        inputs = torch.tensor([*values, index / self.size]) - 0.5
        return dict(inputs=inputs, target=inputs.sum())


@MODELS.register_module(force=True)
class NoisyNet(BaseModel):
    """Dropout, batch statistics, noise of three generators, a teacher."""

    def __init__(self, init_cfg=None, data_preprocessor=None):
        super().__init__(data_preprocessor, init_cfg)
        self.backbone = nn.Linear(4, 8)
        self.norm = nn.BatchNorm1d(8)
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(8, 1)
        self.teacher = nn.Linear(4, 8).requires_grad_(False)

    def forward(self, inputs, target, mode='tensor'):
        hidden = self.backbone(inputs)
        output = self.head(self.dropout(self.norm(hidden).relu()))[:, 0]
        if mode != 'loss':
            noise = random.random() + np.random.rand() + torch.rand(1).item()
            errors = (output - target).abs() + noise
            return [dict(error=float(e)) for e in errors]
        noise = torch.randn(len(target)) + random.random() + np.random.rand()
        loss = (output - target - 0.1 * noise).square().mean()
        distance = (hidden - self.teacher(inputs)).square().mean()
        with torch.no_grad():
            for old, new in zip(
                self.teacher.parameters(), self.backbone.parameters()
            ):
                old.lerp_(new, 0.1)
        return dict(loss_noisy=loss.float(), loss_teacher=distance.float())


@DATASETS.register_module(force=True)
class SpoiltSet(DrawnDataset):
    """Samples of which some cannot be read, and some draws are nan."""

    def __init__(self, size, bad=(2, 11), nan=(9, 30), **kwargs):
        self.size, self.bad, self.nan = size, bad, nan
        super().__init__(**kwargs)

    def load_data_list(self):
        return [dict(img_path=f'{i}.png') for i in range(self.size)]

    def read_sample(self, results):
        index, path = results['sample_idx'], results['img_path']
        if index in self.bad:
            raise DataFileError(path, 'it is cut off', f'line {index}')
        values = [random.random(), np.random.rand(), results['rng'].random()]
        inputs = torch.tensor([*values, index / self.size]) - 0.5
        sample = DataSample(metainfo=dict(img_path=path))
        sample.target = inputs.sum()
        if results['draw'] in self.nan:
            inputs[1] = float('nan')
        return dict(inputs=inputs.float(), data_samples=sample)


@MODELS.register_module(force=True)
class SpoiltNet(NoisyNet):
    """Trains on a SpoiltSet."""

    def forward(self, inputs, data_samples=None, target=None, mode='tensor'):
        if mode == 'loss':
            inputs = torch.stack(inputs)
            target = torch.stack([s.target for s in data_samples]).float()
        return super().forward(inputs, target, mode)


@METRICS.register_module(force=True)
class NoisyMetric(BaseMetric):
    default_prefix = 'noisy'

    def process(self, data_batch, data_samples):
        self.results += [sample['error'] for sample in data_samples]

    def compute_metrics(self, results):
        return dict(error=float(np.mean(results)))


@OPTIM_WRAPPERS.register_module(force=True)
class ScaledOptimWrapper(OptimWrapper):
    """float16 with loss scaling, on the CPU; no factor is a power of two."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.scaler = torch.amp.GradScaler(
            'cpu', init_scale=300.0, growth_factor=1.7, growth_interval=2
        )

    def backward(self, loss, **kwargs):
        self.scaler.scale(loss).backward(**kwargs)
        self._inner_count += 1

    def step(self, **kwargs):
        if self.clip_grad_kwargs:
            self.scaler.unscale_(self.optimizer)
            self._clip_grad()
        self.scaler.step(self.optimizer, **kwargs)
        self.scaler.update()

    def state_dict(self):
        return dict(super().state_dict(), scaler=self.scaler.state_dict())

    def load_state_dict(self, state_dict):
        self.scaler.load_state_dict(state_dict.pop('scaler'))
        super().load_state_dict(state_dict)

    @contextmanager
    def optim_context(self, model):
        half = torch.autocast('cpu', torch.float16)
        with super().optim_context(model), half:
            yield


def die():
    """End as a machine without power does."""
    os.kill(os.getpid(), signal.SIGKILL)


@HOOKS.register_module(force=True)
class KillHook(Hook):
    """Kill this process in an iteration, counted from 1.

    Args:
        iteration: When.
        place: Where, a name below.
        rank: Of the process that dies.
    """

    PLACES = (
        'before the step',
        'before the log',
        'before saving',
        'collecting',
        'before the rename',
        'after the rename',
        'after saving',
        'validating',
        'at the end of an epoch',
    )

    def __init__(self, iteration, place, rank=0):
        if place not in self.PLACES:
            raise ValueError(place)
        self.iteration = iteration
        self.place = place
        self.mine = rank == int(os.environ.get('RANK', 0))
        self.priority = {
            'before the log': 'VERY_HIGH',
            'before saving': 'LOW',
        }.get(place, 'LOWEST')

    def _die_at(self, place, iteration):
        here = self.mine and place == self.place
        if here and iteration >= self.iteration:
            die()

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self._die_at('before the step', runner.iter + 1)
        renames = ('before the rename', 'after the rename')
        if self.place in renames and runner.iter + 1 >= self.iteration:
            self._die_by_renaming()

    def _die_by_renaming(self):
        replace = os.replace

        def deadly(*args):
            if self.place == 'after the rename':
                replace(*args)
            die()

        if self.mine:
            os.replace = deadly

    def after_train_iter(self, runner, batch_idx, data_batch, outputs):
        for place in ('before the log', 'before saving', 'after saving'):
            self._die_at(place, runner.iter + 1)

    def before_save_checkpoint(self, runner, checkpoint):
        self._die_at('collecting', runner.iter + 1)

    def after_val_iter(self, runner, batch_idx, data_batch, outputs):
        self._die_at('validating', runner.iter)

    def after_train_epoch(self, runner):
        self._die_at('at the end of an epoch', runner.iter)
