"""Channels and strides of what backbones give out."""

from __future__ import annotations

import pytest
import torch

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.maps import Maps, maps_of

VIT = dict(
    type='VisionTransformer',
    arch=dict(
        embed_dims=24, num_layers=2, num_heads=2, feedforward_channels=48
    ),
    img_size=[64, 32],
    patch_size=16,
)


def test_maps__of_a_resnet():
    found = maps_of(
        dict(type='ResNet', depth=18, out_indices=(0, 1, 2, 3)), 'mmpretrain'
    )
    assert found == Maps((64, 128, 256, 512), (4, 8, 16, 32), False)
    assert str(found).startswith('4 maps (64 channels at stride 4, 128')


def test_maps__dilated_and_frozen_with_sync_bn():
    config = dict(
        type='ResNet',
        depth=18,
        strides=(1, 2, 1, 1),
        dilations=(1, 1, 2, 4),
        frozen_stages=4,
        norm_cfg=dict(type='SyncBN', requires_grad=True),
    )
    assert maps_of(config, 'mmpretrain') == Maps((512,), (8,), True)
    config['frozen_stages'] = 1
    assert not maps_of(config, 'mmpretrain').frozen
    assert config['norm_cfg']['type'] == 'SyncBN'


def test_maps__random_numbers_are_not_touched():
    torch.manual_seed(0)
    want = torch.rand(3)
    torch.manual_seed(0)
    maps_of(dict(type='ResNet', depth=18), 'mmpretrain')
    assert torch.equal(torch.rand(3), want)


def test_maps__of_a_vit_that_is_no_square():
    config = dict(VIT, out_type='featmap')
    assert maps_of(config, 'mmpretrain') == Maps((24,), (16,), False)


def test_maps__tokens_are_no_maps():
    with pytest.raises(HandOffError, match="out_type='featmap'"):
        maps_of(dict(VIT, out_type='cls_token'), 'mmpretrain')


def test_maps__what_cannot_be_built():
    with pytest.raises(HandOffError, match=r'cannot build or run .* ResNet'):
        maps_of(dict(type='ResNet', depth=19), 'mmpretrain')
