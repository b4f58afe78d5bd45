"""A tiny model and data set for tests that run whole trainings."""

from __future__ import annotations

import numpy as np
import torch
from mmengine.evaluator import BaseMetric
from mmengine.model import BaseModel
from torch import nn

from mmssl.registry import DATASETS, METRICS, MODELS


def toy_sample(index: int, number: int) -> dict:
    """Four numbers that depend on the draw, and a target on the index."""
    values = np.random.default_rng(number).normal(size=4)
    inputs = torch.tensor(values, dtype=torch.float32)
    return dict(inputs=inputs, target=inputs.sum() + 0.1 * index)


@DATASETS.register_module(force=True)
class ToySet(torch.utils.data.Dataset):
    metainfo = dict(name='toy')

    def __init__(self):
        self.asked = []

    def __len__(self):
        return 10

    def __getitem__(self, index):
        number = getattr(index, 'number', int(index))
        self.asked.append(number)
        return toy_sample(int(index), number)


@MODELS.register_module(force=True)
class ToyModel(BaseModel):
    def __init__(self, width=4, init_cfg=None, data_preprocessor=None):
        super().__init__(data_preprocessor, init_cfg)
        torch.manual_seed(0)
        self.backbone = nn.Linear(4, width)
        self.head = nn.Linear(width, 1)
        self.seen_dtypes = set()

    def forward(self, inputs, target, mode='tensor'):
        hidden = self.backbone(inputs)
        self.seen_dtypes.add(hidden.dtype)
        output = self.head(torch.tanh(hidden))[:, 0].float()
        if mode == 'loss':
            return dict(loss_toy=((output - target) ** 2).mean())
        return [dict(error=float(e)) for e in (output - target).abs()]


@METRICS.register_module(force=True)
class ToyMetric(BaseMetric):
    default_prefix = 'toy'

    def process(self, data_batch, data_samples):
        self.results += [sample['error'] for sample in data_samples]

    def compute_metrics(self, results):
        return dict(error=float(np.mean(results)), count=len(results))
