"""Folded networks against the networks that they were made from."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.semantic_fold import (
    fold_semantic_weight,
    is_semantic,
    plain_backbone,
)
from mmssl.registry import MODELS
from mmssl.testing.golden import named_input, named_weight

GOLDEN = Path(__file__).parents[1] / 'data' / 'golden'
ALL = (0, 1, 2, 3)
DRAWN = ('running_mean', 'bias', 'bias_table')
SWIN = dict(
    type='SemanticSwinTransformer',
    arch=dict(embed_dims=8, depths=[2, 2, 2, 2], num_heads=[1, 2, 2, 4]),
    out_indices=ALL,
)
RESNET = dict(
    type='SemanticResNet',
    depth=50,
    stem_channels=8,
    base_channels=4,
    out_indices=ALL,
)
VIT = dict(
    type='SemanticVisionTransformer',
    arch=dict(
        embed_dims=16, num_layers=4, num_heads=2, feedforward_channels=32
    ),
    img_size=32,
)


def loud(cfg, seed=0):
    """A backbone all of whose tensors, statistics too, are drawn."""
    torch.manual_seed(seed)
    net = MODELS.build(dict(cfg)).eval()
    for name, tensor in net.state_dict().items():
        if name.endswith('running_var'):
            tensor.uniform_(0.5, 1.5)
        elif name.endswith(DRAWN) or 'semantic_embed' in name:
            tensor.normal_()
    return net


def folded(net, cfg, value):
    plain = MODELS.build(plain_backbone(cfg))
    state = fold_semantic_weight(net.state_dict(), value)
    plain.load_state_dict(state)
    plain.train(net.training)
    return plain


def check_equal(plain, net, x, value, limit=1e-5):
    with torch.no_grad():
        for got, expected in zip(plain(x), net(x, value)):
            error = (got - expected).abs().max() / expected.abs().max()
            assert float(error) <= limit


@pytest.mark.parametrize('value', [0.0, 0.2, 1.0])
@pytest.mark.parametrize(
    'more',
    [
        dict(),
        dict(strides=(4, 2, 1, 1)),
        dict(stage_cfgs=dict(downsample_cfg=dict(bias=True))),
        dict(out_after_downsample=True),
        dict(window_size=4, patch_cfg=dict(kernel_size=7, padding=3)),
    ],
)
def test_swin__equal_features(value, more):
    cfg = dict(SWIN, **more)
    net = loud(cfg)
    plain = folded(net, cfg, value)
    assert type(plain).__module__.startswith('mmpretrain')
    check_equal(plain, net, torch.randn(2, 3, 100, 44), value)


@pytest.mark.slow
@pytest.mark.parametrize('value', [0.0, 0.3, 1.0])
def test_swin__published_network(value):
    """Golden weights of the published Swin-T; its golden features."""
    keys = json.loads((GOLDEN / 'solider_swin_tiny_keys.json').read_text())
    prefix = 'teacher/backbone.'
    state = {
        key[len(prefix) :]: named_weight(key, *value)
        for key, value in keys.items()
        if key.startswith(prefix) and not key.endswith('position_index')
    }
    cfg = plain_backbone(dict(type='SemanticSwinTransformer', out_indices=ALL))
    net = MODELS.build(cfg)
    net.eval()
    x = named_input('visible/solider/x', (2, 3, 256, 128))
    golden = np.load(GOLDEN / 'solider.npz')[f'lambda{value}/stage3']
    net.load_state_dict(fold_semantic_weight(state, value), strict=False)
    with torch.no_grad():
        got = net(x)[3].numpy()
    assert np.abs(got - golden).max() <= 1e-5 * np.abs(golden).max()


@pytest.mark.parametrize('value', [0.0, 0.7, 1.0])
@pytest.mark.parametrize(
    'more',
    [
        dict(),
        dict(style='caffe', deep_stem=True),
        dict(avg_down=True),
        dict(strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4)),
    ],
)
def test_resnet__equal_features(value, more):
    cfg = dict(RESNET, **more)
    net = loud(cfg)
    check_equal(folded(net, cfg, value), net, torch.randn(2, 3, 70, 50), value)


def test_resnet__equal_with_batch_statistics():
    net = loud(RESNET).train()
    plain = folded(net, RESNET, 0.4)
    x = torch.randn(4, 3, 64, 64)
    check_equal(plain, net, x, 0.4, limit=1e-4)  # variances of a few cells


def test_fold__drops_the_embeddings_and_keeps_the_input():
    net = loud(RESNET)
    state = net.state_dict()
    before = {name: tensor.clone() for name, tensor in state.items()}
    new = fold_semantic_weight(state, 0.5)
    assert is_semantic(state)
    assert not is_semantic(new)
    host = MODELS.build(plain_backbone(RESNET)).state_dict()
    assert new.keys() == host.keys()
    for name, tensor in before.items():
        assert torch.equal(state[name], tensor)
    touched = {n for n in new if not torch.equal(new[n], before[n])}
    assert touched == {
        f'layer{i}.0.{name}'
        for i in (2, 3, 4)
        for name in (
            'conv1.weight',
            'bn1.running_mean',
            'downsample.0.weight',
            'downsample.1.running_mean',
        )
    }


def test_fold__keeps_the_dtype():
    state = loud(SWIN).half().state_dict()
    new = fold_semantic_weight(state, 0.5)
    assert {t.dtype for t in new.values() if t.is_floating_point()} == {
        torch.float16
    }


@pytest.mark.parametrize(
    ('cfg', 'message'),
    [
        (VIT, 'plain ViT.*unfolded'),
        (dict(RESNET, depth=18), r'layer2\.0\.conv1 pads.*unfolded'),
        (
            dict(RESNET, norm_cfg=dict(type='GN', num_groups=4)),
            r'no layer2\.0\.bn1\.running_mean.*batch norm',
        ),
        (dict(SWIN, semantic_weight=-1), 'no semantic_embed'),
    ],
)
def test_fold__refused_where_it_is_not_exact(cfg, message):
    state = MODELS.build(dict(cfg)).state_dict()
    with pytest.raises(CheckpointError, match=message):
        fold_semantic_weight(state, 0.5)


def test_fold__other_networks_and_values_refused():
    state = loud(RESNET).state_dict()
    with pytest.raises(ValueError, match='got -1'):
        fold_semantic_weight(state, -1)
    other = {k: v for k, v in state.items() if k.startswith('semantic')}
    with pytest.raises(CheckpointError, match='neither'):
        fold_semantic_weight(other, 0.5)


def test_plain_backbone__other_types_stay():
    cfg = dict(type='ResNet', depth=50, strides=(1, 2, 1, 1))
    assert plain_backbone(cfg) == cfg


def test_plain_backbone__a_plain_swin_has_no_bias():
    cfg = dict(SWIN, semantic_weight=-1, type='mmssl.SemanticSwinTransformer')
    net = MODELS.build(dict(cfg)).eval()
    plain = MODELS.build(plain_backbone(cfg))
    plain.eval()
    plain.load_state_dict(net.state_dict())
    x = torch.randn(1, 3, 64, 32)
    with torch.no_grad():
        assert all(torch.equal(a, b) for a, b in zip(plain(x), net(x)))
