"""Each target has exactly the names its layout produces."""

from __future__ import annotations

import sys

import pytest
import torch
from mmpretrain.models import VGG, ResNet, SwinTransformer

from mmssl.checkpoints.architectures import Architecture, identify
from mmssl.checkpoints.export_targets import HEADS, build_target
from mmssl.checkpoints.layouts import LAYOUTS, to_layout
from mmssl.checkpoints.load_report import compare
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.models.backbones import AlexNetBN

TINY = dict(embed_dims=16, depths=[1, 2, 1, 1], num_heads=[1, 2, 4, 8])


def backbones():
    yield 'resnet', lambda: ResNet(18)
    yield 'vgg', lambda: VGG(16)
    yield 'vgg_bn', lambda: VGG(11, norm_cfg=dict(type='BN'))
    yield 'swin', lambda: SwinTransformer(arch=TINY)
    yield (
        'swin12',
        lambda: SwinTransformer(
            arch=TINY, img_size=384, window_size=12, out_indices=(1, 3)
        ),
    )


@pytest.mark.parametrize('layout', LAYOUTS)
@pytest.mark.parametrize(('name', 'make'), backbones())
def test_target__takes_everything(layout, name, make):
    if layout == 'timm':
        pytest.importorskip('timm')
    state = make().state_dict()
    architecture = identify(state)
    target = build_target(architecture, layout)
    report = compare(
        to_layout(state, architecture, layout),
        target.state_dict(),
        optional=HEADS,
    )
    assert report.share == 1.0, report
    assert report.unexpected == ()


def test_target__alexnet_is_ours():
    state = AlexNetBN('32x').state_dict()
    target = build_target(identify(state), 'mm')
    assert compare(state, target.state_dict()).share == 1.0


def test_target__unknown_architecture_needs_the_config():
    other = Architecture('other', 'a backbone of stem')
    with pytest.raises(CheckpointError, match='give the config'):
        build_target(other, 'mm')
    backbone = dict(type='ResNet', depth=18, deep_stem=True)
    target = build_target(other, 'mm', backbone)
    assert 'stem.0.conv.weight' in target.state_dict()


def test_target__timm_is_optional(monkeypatch):
    monkeypatch.setitem(sys.modules, 'timm', None)
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    resnet = Architecture('resnet', 'ResNet-18', dict(depth=18))
    assert build_target(resnet, 'timm') is None


def test_target__of_other_libraries_takes_no_memory():
    vgg = Architecture('vgg', 'VGG-16', dict(depth=16, norm=False))
    target = build_target(vgg, 'torchvision')
    assert all(p.device == torch.device('meta') for p in target.parameters())
