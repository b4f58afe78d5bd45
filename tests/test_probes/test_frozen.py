import pytest
import torch
from mmpretrain.models import ResNet
from torch import nn

from mmssl.probes.frozen import frozen


def modes(module):
    return {name: part.training for name, part in module.named_modules()}


def test_frozen__modes_of_the_parts_come_back():
    net = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(), nn.Linear(2, 2))
    net.train()
    net[0].eval()
    before = modes(net)
    with frozen(net) as same:
        assert same is net
        assert not any(modes(net).values())
        assert not torch.is_grad_enabled()
    assert modes(net) == before
    assert torch.is_grad_enabled()


def test_frozen__also_after_an_error():
    net = nn.Dropout()
    with pytest.raises(RuntimeError, match='stop'), frozen(net):
        raise RuntimeError('stop')
    assert net.training


def test_frozen__a_backbone_that_freezes_stages_itself():
    net = ResNet(18, norm_eval=True, frozen_stages=1)
    net.train()
    before = modes(net)
    assert len(set(before.values())) == 2
    trainable = [p.requires_grad for p in net.parameters()]
    with frozen(net):
        pass
    assert modes(net) == before
    assert [p.requires_grad for p in net.parameters()] == trainable
