"""A toy method with two views, and images in memory whose class shows."""

import numpy as np
import torch
from mmengine.dataset import BaseDataset
from mmpretrain.structures import DataSample
from torch import nn

from mmssl.models.algorithms.base import BaseAlgorithm
from mmssl.registry import DATASETS, MODELS


@DATASETS.register_module(force=True)
class ColouredSet(BaseDataset):
    """Noise whose mean colour is that of the class.

    Args:
        size: number of images; image i is of class i % 3.
        views: of each image.
        labelled: whether they have a label.
        noise: draw the noise anew each time, from torch's global generator.
        seed: of images that are the same each time.
    """

    METAINFO = dict(classes=('red', 'green', 'blue'))

    def __init__(
        self, size, views=1, labelled=True, noise=False, seed=0, spread=40
    ):
        self.size, self.views = size, views
        self.labelled, self.noise, self.seed = labelled, noise, seed
        self.spread = spread
        super().__init__(pipeline=[], serialize_data=False)

    def load_data_list(self):
        return [dict(number=i) for i in range(self.size)]

    def __getitem__(self, index):
        number, label = int(index), int(index) % 3
        rng = np.random.default_rng([self.seed, number])
        if self.noise:
            rng = np.random.default_rng(int(torch.randint(2**31, ())))
        views = []
        for _ in range(self.views):
            image = rng.normal(128, self.spread, (3, 12, 12))
            image[label] += 15
            views.append(torch.tensor(image.clip(0, 255), dtype=torch.uint8))
        sample = DataSample(metainfo=dict(sample_idx=number))
        if self.labelled:
            sample.set_gt_label(label)
        return dict(inputs=views, data_samples=sample)


@MODELS.register_module(force=True)
class SmallBackbone(nn.Module):
    """Two maps; draws random numbers and counts batches in training."""

    def __init__(self, channels=8):
        super().__init__()
        self.one = nn.Sequential(
            nn.Conv2d(3, 6, 3, stride=2), nn.BatchNorm2d(6), nn.ReLU()
        )
        self.two = nn.Sequential(
            nn.Conv2d(6, channels, 3), nn.BatchNorm2d(channels)
        )
        self.drop = nn.Dropout(0.2)

    def forward(self, x):
        x = self.one(x)
        return x, self.two(self.drop(x))


@MODELS.register_module(force=True)
class SmallNeck(nn.Linear):
    """Projection of pooled maps."""

    def __init__(self):
        super().__init__(8, 5)


@MODELS.register_module(force=True)
class TwoViews(BaseAlgorithm):
    """Views of an image predict each other, unlike those of the next."""

    default_preprocessor = 'mmssl.ViewsDataPreprocessor'

    def loss(self, inputs, data_samples):
        maps = self.backbone(torch.cat(inputs))
        one, two = self.neck(maps[-1].mean((2, 3))).chunk(2)
        logits = one @ two.T
        target = torch.arange(len(one))
        return dict(loss=nn.functional.cross_entropy(logits, target))
