"""Small photos, and methods that compare views, for runs that are killed."""

from __future__ import annotations

import random

import numpy as np
import torch
from mmpretrain.structures import DataSample
from torch import nn

from mmssl.datasets.drawn_dataset import DrawnDataset
from mmssl.models import DINO, SCRL, SOLIDER
from mmssl.registry import DATASETS, MODELS
from mmssl.testing.toys import textured_image


@DATASETS.register_module(force=True)
class PhotoSet(DrawnDataset):
    """Textures of 48 x 64 px, each with a label."""

    def __init__(self, size, **kwargs):
        self.size = size
        super().__init__(**kwargs)

    def load_data_list(self):
        return [dict(img_path=f'{i}.png') for i in range(self.size)]

    def read_sample(self, results):
        index = results['sample_idx']
        rng = np.random.default_rng(index)
        results['img'] = textured_image(48, 64, rng)
        results['ori_shape'] = (48, 64)
        results['gt_label'] = index % 3
        return results


@MODELS.register_module(force=True)
class SmallBackbone(nn.Module):
    """Stride 8, batch statistics, and noise of the global generator."""

    def __init__(self, channels=8):
        super().__init__()
        self.conv = nn.Conv2d(3, channels, 8, stride=8)
        self.norm = nn.BatchNorm2d(channels)
        self.dropout = nn.Dropout2d(0.2)

    def forward(self, x):
        return (self.dropout(self.norm(self.conv(x)).relu()),)


class NoisyErrors:
    """Lets a method be validated, with numbers of all generators."""

    def predict(self, inputs, data_samples: list[DataSample]):
        features = self.backbone(inputs[0])[-1].mean((2, 3))
        noise = random.random() + np.random.rand() + torch.rand(1).item()
        logits = self.online_probe(features)
        labels = torch.cat([sample.gt_label for sample in data_samples])
        errors = (logits.argmax(1) != labels).float() + noise
        return [dict(error=float(error)) for error in errors]


@MODELS.register_module(force=True)
class NoisySCRL(NoisyErrors, SCRL):
    """SCRL with boxes."""


@MODELS.register_module(force=True)
class NoisyDINO(NoisyErrors, DINO):
    """DINO with views of two sizes."""


@MODELS.register_module(force=True)
class NoisySOLIDER(NoisyErrors, SOLIDER):
    """SOLIDER, which draws lambdas and parts."""
