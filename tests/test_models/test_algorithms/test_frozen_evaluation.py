import copy

import pytest
import torch
from mmpretrain.structures import DataSample
from torch import nn
from torch.nn import functional as F

from mmssl.models.algorithms.frozen_evaluation import (
    FrozenEvaluation,
    set_predictions,
)
from mmssl.probes import LinearProbe


class Plain(FrozenEvaluation):
    """Features are the backbone's output; labels are all zero."""

    default_preprocessor = 'mmengine.BaseDataPreprocessor'

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.freeze()

    def features(self, inputs, data_samples):
        return self.run_backbone(inputs)[0]

    def loss(self, inputs, data_samples):
        labels = torch.zeros(len(inputs), dtype=torch.int64)
        return self.logits_loss(self.tensor(inputs), labels)


def model(**kwargs):
    backbone = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Dropout())
    return Plain(backbone=backbone, head=LinearProbe(2, 3), **kwargs)


@pytest.mark.parametrize('statistics', ['batch', 'running'])
def test_training__only_the_head_moves(statistics):
    net = model(statistics=statistics).train()
    before = copy.deepcopy(net.state_dict())
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    net(torch.randn(6, 4) + 1, mode='loss')['loss'].backward()
    assert [n for n, p in net.named_parameters() if p.grad is not None] == [
        'head.linear.weight',
        'head.linear.bias',
    ]
    optimizer.step()
    moved = {
        name
        for name, value in net.state_dict().items()
        if not torch.equal(value, before[name])
    }
    tracked = {
        f'backbone.1.{name}'
        for name in ('running_mean', 'running_var', 'num_batches_tracked')
    }
    expected = {'head.linear.weight', 'head.linear.bias'}
    assert moved == expected | (tracked if statistics == 'batch' else set())


def test_finetune__everything_moves():
    net = model(finetune=True).train()
    assert all(part.training for part in net.backbone.modules())
    net(torch.randn(6, 4), mode='loss')['loss'].backward()
    assert all(p.grad is not None for p in net.parameters())


def test_mode__does_not_reach_the_backbone():
    net = model(statistics='batch')
    for mode in (True, False):
        net.train(mode)
        assert net.head.training is mode
        assert net.backbone[1].training is mode
        assert not net.backbone[2].training


def test_logits_loss__by_hand():
    net = model()
    logits = torch.tensor([[2.0, 0.0], [0.0, 1.0], [3.0, 1.0]])
    labels = torch.tensor([0, 0, 0])
    found = net.logits_loss(logits, labels)
    assert found['loss'] == pytest.approx(F.cross_entropy(logits, labels))
    assert float(found['top1']) == pytest.approx(200 / 3)
    empty = torch.zeros(0, 2, requires_grad=True)
    found = net.logits_loss(empty, labels[:0])
    found['loss'].backward()
    assert found['loss'].item() == 0
    for label in (-1, 2):
        with pytest.raises(ValueError, match=rf'0 .. 1 .*got {label}'):
            net.logits_loss(logits[:1], torch.tensor([label]))


def test_predictions__rows_go_to_their_image():
    logits = torch.eye(4)[[3, 1, 0, 2]]
    samples = [DataSample() for _ in range(3)]
    set_predictions(samples, logits, [1, 0, 3])
    found = [sample.pred_label.tolist() for sample in samples]
    assert found == [[3], [], [1, 0, 2]]


def test_errors():
    with pytest.raises(ValueError, match='statistics must be one of'):
        model(statistics='mine')
