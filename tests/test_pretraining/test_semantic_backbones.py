"""Backbones for DINO and SOLIDER by name."""

import pytest

from mmssl.pretraining.data_folder import PretrainError
from mmssl.pretraining.semantic_backbones import find_semantic

SWIN = dict(
    type='SwinTransformer',
    arch=dict(embed_dims=16, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2]),
)


def test_find__plain_ones_follow_lambda():
    found = find_semantic(SWIN, (128, 64), needs_lambda=True)
    assert found.config['type'] == 'SemanticSwinTransformer'
    assert found.config['pad_small_map'] is True
    assert found.config['img_size'] == (128, 64)
    assert (found.channels, found.stride) == (128, 32)
    small = dict(type='ResNet', depth=18, base_channels=8, stem_channels=8)
    found = find_semantic(small, (64, 64), needs_lambda=True)
    assert found.config['type'] == 'SemanticResNet'
    assert found.config['out_indices'] == (3,)
    assert (found.channels, found.stride) == (64, 32)
    assert small['type'] == 'ResNet'


def test_find__by_name_small_views_keep_cells():
    """A map of 4 x 2 cells has no place for head, upper and lower body."""
    found = find_semantic('resnet18', (128, 64), needs_lambda=True)
    assert found.config['strides'] == (1, 2, 2, 1)
    assert found.stride == 16
    large = find_semantic('resnet18', (256, 128), needs_lambda=True)
    assert 'strides' not in large.config
    assert large.stride == 32


def test_find__a_vector_is_enough_for_dino():
    vit = dict(
        type='VisionTransformer',
        arch=dict(
            embed_dims=16, num_layers=4, num_heads=2, feedforward_channels=32
        ),
        patch_size=16,
        out_type='cls_token',
    )
    found = find_semantic(vit, (64, 32), needs_lambda=False)
    assert found.config['type'] == 'SemanticVisionTransformer'
    assert (found.channels, found.stride) == (16, 0)


def test_find__that_cannot_follow_lambda():
    found = find_semantic('MobileNetV2', (64, 32), needs_lambda=False)
    assert (found.config['type'], found.channels) == ('MobileNetV2', 1280)
    with pytest.raises(
        PretrainError, match=r'MobileNetV2 does not follow lambda.*swin_tiny'
    ):
        find_semantic('MobileNetV2', (64, 32), needs_lambda=True)
    with pytest.raises(PretrainError, match='cannot be built'):
        find_semantic(dict(type='ResNet', depth=17), (64, 32), True)
