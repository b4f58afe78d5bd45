"""Meta of exports: plain data that says what using the file needs."""

import pytest
import torch
from mmpretrain.models import SwinTransformer

from mmssl.checkpoints.export_meta import of_export, plain_data
from mmssl.checkpoints.export_state import prepare
from mmssl.models.backbones import (
    SemanticSwinTransformer,
    SemanticVisionTransformer,
)

ARCH = dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2])
CFG = """
model = dict(
    backbone=dict(type='SemanticSwinTransformer', strides=(4, 2, 2, 1),
                  semantic_weight=0.4),
    data_preprocessor=dict(mean=[1, 2, 3], std=(4.5, 5, 6)))
"""


def test_input__of_the_config_or_imagenets():
    ready = prepare(SwinTransformer(ARCH).state_dict())
    meta = of_export(ready, {'meta': {'cfg': CFG}}, '', None)
    assert meta['input'] == {
        'mean': [1.0, 2.0, 3.0],
        'std': [4.5, 5.0, 6.0],
        'channels': 'RGB',
    }
    meta = of_export(ready, {}, 'backbone.', None)
    assert meta['input']['mean'] == [123.675, 116.28, 103.53]
    assert meta['prefix'] == 'backbone.'
    assert 'semantic_weight' not in meta
    assert 'resized' not in meta


def test_lambda__adjustable_with_the_trainings_strides_or_folded():
    state = SemanticSwinTransformer(ARCH).state_dict()
    source = {'meta': {'cfg': CFG}}
    meta = of_export(prepare(state), source, 'backbone.', None)
    assert meta['semantic_weight'] == 'adjustable'
    assert meta['backbone']['strides'] == [4, 2, 2, 1]
    assert meta['backbone']['semantic_weight'] == 0.4
    assert 'strides' not in meta  # mmssl's class has them
    ready = prepare(state, semantic_weight=0.2, window_size=5)
    meta = of_export(ready, source, 'backbone.', 0.2)
    assert meta['semantic_weight'] == 0.2
    assert meta['backbone']['type'] == 'SwinTransformer'
    assert meta['backbone']['window_size'] == 5
    assert meta['strides'] == [4, 2, 2, 1]
    assert meta['resized'] == [str(ready.resized[0])]


def test_unknown_backbone__none():
    ready = prepare({'stem.weight': torch.ones(1)})
    assert of_export(ready, {}, '', None)['backbone'] is None


def test_vit__what_shapes_do_not_tell_is_of_the_training():
    arch = dict(
        embed_dims=16, num_layers=4, num_heads=2, feedforward_channels=32
    )
    state = SemanticVisionTransformer(arch, (64, 32), 8).state_dict()
    ready = prepare(state, grid=(8, 4), img_size=(32, 32))
    assert of_export(ready, {}, '', None)['backbone'] is None
    given = dict(
        type='SemanticVisionTransformer',
        arch=arch,
        img_size=(64, 32),
        patch_size=8,
        drop_path_rate=0.1,
    )
    meta = of_export(ready, {}, '', None, given)
    assert meta['backbone'] == dict(
        type='SemanticVisionTransformer',
        arch=arch,
        img_size=[32, 32],
        patch_size=8,
    )
    assert meta['position_grid'] == [4, 4]


@pytest.mark.parametrize('value', [True, None, 1, 0.5, 'a', [1, {'b': [2]}]])
def test_plain_data__is_left_alone(value):
    assert plain_data(value) == value


def test_plain_data__everything_else_becomes_plain():
    assert plain_data({1: (2, torch.float32)}) == {'1': [2, 'torch.float32']}
