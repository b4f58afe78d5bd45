"""Gradients, running statistics and dropout as without checkpoints."""

import copy
import pickle

import pytest
import torch
from mmpretrain.models import ResNet, SwinTransformer
from torch import nn

from mmssl.engine import checkpointed_blocks
from mmssl.engine.checkpointed_blocks import (
    checkpoint_blocks,
    repeated_blocks,
)


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.5)

    def forward(self, x, scale=1.0):
        return x + scale * self.drop(self.norm(self.conv(x)).relu_())


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(Block(), Block(), Block())
        self.head = nn.Conv2d(4, 1, 1)

    def forward(self, x):
        return self.head(self.backbone(x)).square().mean()


@pytest.fixture
def net():
    torch.manual_seed(0)
    return Net().train()


def step(net, seed=1):
    torch.manual_seed(seed)
    loss = net(torch.randn(2, 4, 6, 6))
    net.zero_grad()
    loss.backward()
    return loss.item(), [p.grad.clone() for p in net.parameters()]


def assert_same(net, other):
    loss, grads = step(net)
    other_loss, other_grads = step(other)
    assert loss == other_loss
    assert all(map(torch.equal, grads, other_grads))
    state, other_state = net.state_dict(), other.state_dict()
    assert list(state) == list(other_state)
    assert all(torch.equal(state[k], other_state[k]) for k in state)


def test_blocks__same_numbers_statistics_and_masks(net):
    plain = copy.deepcopy(net)
    wrapped = checkpoint_blocks(net)
    assert wrapped == ['backbone.0', 'backbone.1', 'backbone.2']
    for _ in range(2):
        assert_same(net, plain)
    assert net.backbone[0].norm.num_batches_tracked == 2


def test_blocks__really_run_again(net, monkeypatch):
    calls = []
    forward = Block.forward
    monkeypatch.setattr(
        Block,
        'forward',
        lambda self, *args: calls.append(1) or forward(self, *args),
    )
    checkpoint_blocks(net, ['backbone.1'])
    step(net)
    assert len(calls) == 4
    net.eval()
    step(net)
    assert len(calls) == 7


def test_blocks__copies_and_pickles_have_their_own(net):
    plain = copy.deepcopy(net)
    checkpoint_blocks(net)
    twin = copy.deepcopy(net)
    back = pickle.loads(pickle.dumps(net))
    with torch.no_grad():
        net.backbone[0].conv.weight.zero_()
    assert_same(twin, copy.deepcopy(plain))
    assert_same(back, plain)


def test_repeated_blocks__of_known_backbones():
    def names(backbone):
        return repeated_blocks(nn.ModuleDict({'backbone': backbone}))

    assert len(names(ResNet(50))) == 16
    swin = names(SwinTransformer('tiny'))
    assert sum('blocks' in name for name in swin) == 12
    assert names(nn.Sequential(nn.Conv2d(3, 3, 1))) == []


def test_errors__name_what_there_is(net):
    with pytest.raises(ValueError, match=r"'gone'.*backbone, head"):
        checkpoint_blocks(net, ['gone'])
    with pytest.raises(ValueError, match='name the modules'):
        checkpoint_blocks(nn.ModuleDict({'backbone': nn.Linear(2, 2)}))


def test_host__moves_running_statistics_twice(net):
    """Why there is an own one; if this fails, the host has become exact."""
    from torch.utils.checkpoint import checkpoint

    norm = nn.BatchNorm2d(4)
    x = torch.randn(2, 4, 3, 3, requires_grad=True)
    checkpoint(norm, x, use_reentrant=True).sum().backward()
    assert norm.num_batches_tracked == 2
    with checkpointed_blocks._statistics_kept(norm):
        norm(x)
    assert norm.num_batches_tracked == 2
