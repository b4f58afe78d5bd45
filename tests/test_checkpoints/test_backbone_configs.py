"""Configs of recognised backbones build networks that take the tensors."""

import pytest
import torch
from mmengine.registry import DefaultScope
from mmpretrain.models import VGG, ResNet, SwinTransformer, VisionTransformer

from mmssl.checkpoints.architectures import Architecture, identify
from mmssl.checkpoints.backbone_configs import mm_config, with_any_heads
from mmssl.models.backbones import (
    AlexNetBN,
    SemanticResNet,
    SemanticSwinTransformer,
    SemanticVisionTransformer,
)
from mmssl.registry import MODELS

ARCH = dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2])
VIT = dict(embed_dims=192, num_layers=12, num_heads=3, feedforward_channels=48)


@pytest.mark.parametrize(
    'make',
    [
        lambda: ResNet(18),
        lambda: SemanticResNet(18),
        lambda: SwinTransformer(ARCH, window_size=5),
        lambda: SwinTransformer(
            ARCH, stage_cfgs=dict(downsample_cfg=dict(bias=True))
        ),
        lambda: SemanticSwinTransformer(ARCH, out_indices=(1, 3)),
        lambda: VisionTransformer(VIT, img_size=32),
        lambda: VisionTransformer(VIT, 32, 8, layer_cfgs=dict(qkv_bias=False)),
        lambda: SemanticVisionTransformer(VIT, 32, 8, semantic_stages=3),
        lambda: AlexNetBN('32x'),
    ],
)
def test_config__builds_what_it_was_made_of(make):
    state = make().state_dict()
    config = mm_config(identify(state))
    with DefaultScope.overwrite_default_scope('mmssl'):
        MODELS.build(config).load_state_dict(state)


def test_vgg__with_and_without_norm():
    for norm in (None, dict(type='BN')):
        with torch.device('meta'):
            state = VGG(11, norm_cfg=norm).state_dict()
        assert mm_config(identify(state)) == dict(
            type='VGG', depth=11, norm_cfg=norm
        )


def test_vit__heads_and_image_that_shapes_do_not_tell():
    odd = dict(VIT, embed_dims=48, num_layers=2)
    architecture = identify(VisionTransformer(odd, 32).state_dict())
    assert architecture.options['num_heads'] is None
    assert mm_config(architecture) is None
    assert with_any_heads(architecture).options['num_heads'] == 1
    person = VisionTransformer(VIT, img_size=(64, 32)).state_dict()
    architecture = identify(person)
    assert architecture.options['grid'] is None
    assert mm_config(architecture) is None
    config = mm_config(with_any_heads(architecture))
    assert config['img_size'] == (128, 16)  # as many patches


def test_unknown__none():
    assert mm_config(Architecture('other', 'x')) is None
