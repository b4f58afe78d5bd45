"""Roles by module, held against what the models really are."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from mmpretrain.models import ResNet, SwinTransformer, VisionTransformer
from torch import nn

from mmssl.engine.optimizers.parameter_roles import (
    EXCLUDED,
    parameter_roles,
    trained_parameters,
)


def no_decay(model):
    roles = parameter_roles(model)
    return {name for name, role in roles.items() if role in EXCLUDED}


@pytest.mark.parametrize(('depth', 'norms'), [(18, 20), (50, 53), (101, 104)])
def test_resnet__norms_of_the_stem_and_of_downsampling_too(depth, norms):
    model = ResNet(depth)
    counts = Counter(parameter_roles(model).values())
    # weight and bias of each norm; one convolution before each, no bias
    assert counts == {'norm': 2 * norms, 'weight': norms}
    # the no-decay set, listed by another rule: all vectors
    vectors = {n for n, p in model.named_parameters() if p.ndim == 1}
    assert no_decay(model) == vectors
    assert 'bn1.weight' in vectors
    assert 'layer2.0.downsample.1.weight' in vectors


def test_swin__position_tables_are_weights():
    model = SwinTransformer('tiny', img_size=64)
    roles = parameter_roles(model)
    tables = [n for n in roles if n.endswith('relative_position_bias_table')]
    assert len(tables) == 12
    assert {roles[name] for name in tables} == {'weight'}
    # 2 in each of 12 blocks, 3 of downsampling, 1 of the embedding, 1 last
    norms = [name for name, role in roles.items() if role == 'norm']
    assert len(norms) == 2 * (24 + 3 + 1 + 1)
    assert all('norm' in name for name in norms)
    # q, k, v and out of attention, two of the MLP, and the embedding's
    biases = [name for name, role in roles.items() if role == 'bias']
    assert len(biases) == 4 * 12 + 1
    assert all(name.endswith('.bias') for name in biases)
    vectors = {n for n, p in model.named_parameters() if p.ndim == 1}
    assert no_decay(model) == vectors


def test_vit__tokens_and_positions_are_weights():
    model = VisionTransformer('deit-tiny', img_size=32)
    roles = parameter_roles(model)
    assert roles['cls_token'] == roles['pos_embed'] == 'weight'
    assert roles['ln1.weight'] == roles['layers.0.ln1.bias'] == 'norm'
    assert roles['layers.0.attn.qkv.bias'] == 'bias'


class RMSNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(3))


class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 1)
        self.gamma = nn.Parameter(torch.ones(4))
        self.temperature = nn.Parameter(torch.ones(()))
        self.pair_bias = nn.Parameter(torch.ones(4, 4))
        self.norm = RMSNorm()
        self.instance = nn.InstanceNorm2d(4, affine=True)


def test_roles__of_unusual_parameters():
    assert parameter_roles(Odd()) == {
        'gamma': 'scale',
        'temperature': 'scale',
        'pair_bias': 'weight',
        'attention.in_proj_weight': 'weight',
        'attention.in_proj_bias': 'bias',
        'attention.out_proj.weight': 'weight',
        'attention.out_proj.bias': 'bias',
        'norm.gain': 'norm',
        'instance.weight': 'norm',
        'instance.bias': 'norm',
    }


def test_roles__probe_apart_and_no_teacher_nor_frozen_nor_shared():
    model = nn.ModuleDict(
        dict(
            backbone=nn.Linear(2, 2),
            teacher=nn.ModuleDict(dict(backbone=nn.Linear(2, 2))),
            online_probe=nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 2)),
            frozen=nn.Linear(2, 2).requires_grad_(False),
            online_probe2=nn.Linear(2, 2, bias=False),
            shared=nn.Linear(2, 2),
        )
    )
    model['shared'].weight = model['backbone'].weight
    roles = parameter_roles(model)
    assert roles == {
        'backbone.weight': 'weight',
        'backbone.bias': 'bias',
        'online_probe.0.weight': 'online_probe',
        'online_probe.0.bias': 'online_probe',
        'online_probe.1.weight': 'online_probe',
        'online_probe.1.bias': 'online_probe',
        'online_probe2.weight': 'weight',
        'shared.bias': 'bias',
    }
    together = parameter_roles(model, probe_apart=False)
    assert together['online_probe.0.weight'] == 'norm'
    assert together['online_probe.1.weight'] == 'weight'
    assert [n for n, _, _ in trained_parameters(model)] == list(roles)
