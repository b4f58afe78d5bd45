"""Boxes on one map of any backbone."""

import importlib.util

import numpy as np
import pytest
import torch
from mmpretrain.models import SwinTransformer, VisionTransformer
from mmpretrain.models.backbones import ResNet
from torchvision.ops import roi_align

from mmssl.models.regions import RoIRegions
from mmssl.registry import MODELS

BOXES = torch.tensor(
    [[0, 5.0, 6.0, 50.0, 64.0], [1, 0, 0, 64, 32], [1, 20, 16, 52, 60]]
)


def build(**kwargs):
    return MODELS.build(dict(type='mmssl.RoIRegions', **kwargs))


def test_regions__published_settings_are_the_defaults():
    region = RoIRegions()
    maps = (torch.randn(2, 8, 2, 2),)
    found = region(maps, BOXES, (64, 64))
    expected = roi_align(maps[0], BOXES, 1, 0.03125, -1, False)
    assert torch.equal(found, expected[:, :, 0, 0])


@pytest.mark.parametrize('stage', [0, 1, -1])
def test_regions__any_stage_with_its_stride(stage):
    maps = tuple(torch.randn(2, 4, 64 // s, 64 // s) for s in (4, 8, 16))
    found = build(stage=stage)(maps, BOXES, (64, 64))
    expected = roi_align(maps[stage], BOXES, 1, 1 / (4, 8, 16)[stage])
    assert torch.equal(found, expected[:, :, 0, 0])


def test_regions__pool_sizes():
    maps = (torch.randn(2, 4, 8, 8),)
    cells = roi_align(maps[0], BOXES, 3, 1 / 8)
    mean = build(output_size=3)(maps, BOXES, (64, 64))
    flat = build(output_size=3, cells='flatten')(maps, BOXES, (64, 64))
    torch.testing.assert_close(mean, cells.mean((2, 3)))
    assert torch.equal(flat, cells.flatten(1))


def test_regions__wrong_stride_names_the_value_and_the_fix():
    region = build(stride=16)
    with pytest.raises(ValueError, match=r'stride 16 does.*set stride=32'):
        region((torch.zeros(2, 4, 2, 2),), BOXES, (64, 64))


def test_regions__unknown_words():
    with pytest.raises(ValueError, match='auto, mmcv, torchvision'):
        RoIRegions(backend='detectron')
    with pytest.raises(ValueError, match='flatten, mean'):
        RoIRegions(cells='max')


@pytest.mark.parametrize(
    ('backbone', 'channels'),
    [
        (dict(type='ResNet', depth=18, out_indices=(3,)), 512),
        (
            dict(
                type='SwinTransformer',
                arch=dict(
                    embed_dims=8, depths=[1] * 4, num_heads=[1, 1, 2, 2]
                ),
                img_size=64,
                pad_small_map=True,
            ),
            64,
        ),
        (
            dict(
                type='VisionTransformer',
                arch=dict(
                    embed_dims=16,
                    num_layers=1,
                    num_heads=2,
                    feedforward_channels=16,
                ),
                img_size=64,
                patch_size=16,
                out_type='featmap',
            ),
            16,
        ),
    ],
    ids=['resnet', 'swin', 'vit'],
)
def test_regions__any_backbone(backbone, channels):
    net = MODELS.build(backbone)
    assert isinstance(net, (ResNet, SwinTransformer, VisionTransformer))
    maps = net(torch.randn(2, 3, 64, 64))
    found = build()(maps, BOXES, (64, 64))
    stride = 64 // maps[-1].shape[-1]
    expected = roi_align(maps[-1], BOXES, 1, 1 / stride)
    assert found.shape == (3, channels)
    assert torch.equal(found, expected[:, :, 0, 0])


def test_regions__a_vector_backbone_is_told():
    with pytest.raises(TypeError, match="out_type='featmap'"):
        build()((torch.zeros(2, 16),), BOXES, (64, 64))


def test_regions__autocast_and_no_boxes():
    maps = (torch.randn(2, 4, 2, 2, requires_grad=True),)
    with torch.autocast('cpu', torch.bfloat16):
        half = (maps[0] * 1).bfloat16()
        found = build()((half,), BOXES, (64, 64))
        none = build()((half,), BOXES[:0], (64, 64))
    assert found.dtype == none.dtype == torch.float32
    assert none.shape == (0, 4)
    none.sum().backward()
    assert torch.equal(maps[0].grad, torch.zeros(2, 4, 2, 2))


@pytest.mark.skipif(
    importlib.util.find_spec('mmcv._ext') is None, reason='mmcv-lite'
)
def test_regions__mmcv_gives_the_same():
    maps = (torch.randn(2, 4, 8, 8),)
    size = (64, 64)
    a, b = (
        build(backend=name, output_size=2)(maps, BOXES, size)
        for name in ('mmcv', 'torchvision')
    )
    np.testing.assert_array_equal(a.numpy(), b.numpy())
