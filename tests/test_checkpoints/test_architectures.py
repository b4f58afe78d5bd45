"""Backbones of mmpretrain are recognised; look-alikes are not."""

from __future__ import annotations

import pytest
import torch
from mmpretrain.models import VGG, ResNet, SwinTransformer, VisionTransformer
from mmpretrain.models.backbones import ResNeXt

from mmssl.checkpoints.architectures import identify
from mmssl.models.backbones import (
    AlexNetBN,
    SemanticResNet,
    SemanticSwinTransformer,
    SemanticVisionTransformer,
)

TINY = dict(embed_dims=16, depths=[1, 2, 1, 1], num_heads=[1, 2, 4, 8])


@pytest.mark.parametrize(
    ('depth', 'kwargs'),
    [(18, {}), (34, {}), (50, dict(strides=(1, 2, 1, 1))), (101, {})],
)
def test_identify__resnet(depth, kwargs):
    found = identify(ResNet(depth, **kwargs).state_dict())
    assert (found.family, found.name) == ('resnet', f'ResNet-{depth}')
    assert found.options == {'depth': depth}


@pytest.mark.parametrize('depth', [11, 13, 16, 19])
@pytest.mark.parametrize('norm', [None, dict(type='BN')])
def test_identify__vgg(depth, norm):
    with torch.device('meta'):
        found = identify(VGG(depth, norm_cfg=norm).state_dict())
    assert found.options == dict(depth=depth, norm=norm is not None)


def test_identify__swin():
    state = SwinTransformer(
        arch=TINY, img_size=32, window_size=4, patch_size=2, out_indices=(1, 3)
    ).state_dict()
    found = identify(state)
    assert found.options == dict(
        embed_dims=16,
        depths=(1, 2, 1, 1),
        num_heads=(1, 2, 4, 8),
        window_size=4,
        patch_size=2,
        out_indices=(1, 3),
    )
    assert found.name == 'Swin (16 channels, depths 1-2-1-1, window 4)'


def test_identify__alexnet():
    found = identify(AlexNetBN('8x').state_dict())
    assert (found.family, found.name) == ('alexnet', 'AlexNet with BatchNorm')


def test_identify__look_alikes_are_other():
    others = [
        ResNet(18, deep_stem=True),
        ResNet(
            18,
            num_stages=3,
            strides=(1, 2, 2),
            dilations=(1, 1, 1),
            out_indices=(2,),
        ),
        ResNeXt(50),
        VGG(11, norm_cfg=dict(type='GN', num_groups=2)),
        ResNet(18, norm_cfg=dict(type='GN', num_groups=2)),
    ]
    for model in others:
        assert identify(model.state_dict()).family == 'other'
    found = identify({'conv1.weight': torch.ones(1), 'fc6.weight': 1})
    assert found.name == 'a backbone of conv1, fc6'


DEIT = dict(
    embed_dims=192, num_layers=12, num_heads=3, feedforward_channels=48
)


def test_identify__vit():
    found = identify(VisionTransformer(DEIT, 64, 16).state_dict())
    assert found.name == 'ViT (192 channels, 12 layers, patches of 16 px)'
    assert found.options == dict(
        embed_dims=192,
        num_layers=12,
        num_heads=3,
        feedforward_channels=48,
        patch_size=16,
        grid=(4, 4),
        tokens=16,
        with_cls_token=True,
        final_norm=True,
        qkv_bias=True,
    )
    with_scale = VisionTransformer(DEIT, 64, 16, layer_scale_init_value=0.1)
    assert identify(with_scale.state_dict()).family == 'other'


@pytest.mark.parametrize(
    ('make', 'family'),
    [
        (lambda: SemanticSwinTransformer(TINY), 'swin'),
        (lambda: SemanticResNet(18), 'resnet'),
        (lambda: SemanticVisionTransformer(DEIT, 64, 16), 'vit'),
    ],
)
def test_identify__what_follows_lambda(make, family):
    state = make().state_dict()
    found = identify(state)
    assert (found.family, found.semantic) == (family, True)
    assert found.name.endswith(' that follows lambda')
    plain = {k: v for k, v in state.items() if 'semantic' not in k}
    assert not identify(plain).semantic
    own = dict(semantic_stages=4) if family == 'vit' else {}
    assert dict(identify(plain).options, **own) == found.options


def test_identify__bias_in_the_patch_merging():
    cfg = dict(downsample_cfg=dict(bias=True))
    state = SwinTransformer(TINY, stage_cfgs=cfg).state_dict()
    assert identify(state).options['merging_bias'] is True
    assert (
        'merging_bias'
        not in identify(SwinTransformer(TINY).state_dict()).options
    )
