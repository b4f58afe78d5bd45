"""One step before the training, that leaves nothing behind."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mmengine.model import BaseDataPreprocessor, BaseModel
from torch import nn
from torch.utils.data import DataLoader

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.trial import try_task


class Model(BaseModel):
    """A convolution with a batch norm; ``fault`` says what goes wrong."""

    def __init__(self, fault=''):
        super().__init__(BaseDataPreprocessor())
        self.conv = nn.Conv2d(3, 2, 1)
        self.norm = nn.BatchNorm2d(2)
        self.fault = fault
        self.seen = []

    def forward(self, inputs, mode='tensor'):
        if mode == self.fault:
            raise RuntimeError('expected 256 channels, got 512')
        self.seen.append((mode, self.training, len(inputs), torch.rand(1)))
        out = self.norm(self.conv(inputs))
        if mode == 'loss':
            scale = float('nan') if self.fault == 'nan' else 1.0
            return dict(loss=out.mean() * scale, other=[out.std()])
        return [out]


class Images:
    """Random images."""

    ann_file, data_root = 'train.json', 'data'

    def __init__(self, number):
        self.number = number

    def __len__(self):
        return self.number

    def __getitem__(self, index):
        if index == 5:
            raise FileNotFoundError('no image 5')
        return dict(inputs=torch.from_numpy(np.random.rand(3, 4, 4)).float())


def loader(number=4, batch_size=2):
    return DataLoader(Images(number), batch_size=batch_size, shuffle=True)


def test_try__is_made_and_leaves_no_trace():
    model = Model()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    torch.manual_seed(1)
    np.random.seed(1)
    want = torch.rand(1), np.random.rand()
    torch.manual_seed(1)
    np.random.seed(1)
    model.eval()
    try_task(model, loader(), loader(), 'a and b')
    assert (torch.rand(1), np.random.rand()) == want
    assert [seen[:3] for seen in model.seen] == [
        ('loss', True, 2),
        ('predict', False, 1),
    ]
    assert not model.training
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize(
    ('fault', 'text'),
    [
        ('loss', 'a step of training fails with a and b: RuntimeError: exp'),
        ('predict', 'a prediction fails with a and b: .* got 512'),
        ('nan', 'loss is nan before the first step, with a and b'),
    ],
)
def test_try__what_does_not_fit(fault, text):
    with pytest.raises(HandOffError, match=text) as caught:
        try_task(Model(fault), loader(), loader(), 'a and b')
    assert caught.value.kind == 'misfit'


def test_try__no_images():
    empty = DataLoader(Images(0), batch_size=2)
    with pytest.raises(
        HandOffError, match=r'Images of train\.json in data has no images'
    ) as caught:
        try_task(Model(), empty, loader(), 'a')
    assert caught.value.kind == 'data'


def test_try__an_image_that_is_not_there():
    class Missing(Images):
        def __getitem__(self, index):
            return super().__getitem__(5)

    broken = DataLoader(Missing(4), batch_size=2)
    with pytest.raises(HandOffError, match='FileNotFoundError: no image 5'):
        try_task(Model(), broken, loader(), 'a')
