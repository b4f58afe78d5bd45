"""What is printed after an export is a config that can be built."""

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import MODELS as ROOT

from mmssl.checkpoints.export import export_backbone
from mmssl.checkpoints.export_usage import usage_of
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.models.backbones import SemanticSwinTransformer

ARCH = dict(embed_dims=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2])


def exported(tmp_path, arch=ARCH, backbone=None, **options):
    backbone = backbone or {}
    indices = tuple(range(len(arch['depths'])))
    net = SemanticSwinTransformer(arch, out_indices=indices, **backbone)
    state = {f'backbone.{k}': v for k, v in net.state_dict().items()}
    meta = dict(cfg=f'model = dict(backbone={backbone!r})')
    torch.save(dict(state_dict=state, meta=meta), tmp_path / 'a.pth')
    out = tmp_path / 'b.pth'
    export_backbone(tmp_path / 'a.pth', out, **options)
    return net, out, usage_of(load_checkpoint(out)['meta'], out)


def built(text, scope):
    cfg = Config.fromstring(text, '.py').backbone
    net = ROOT.build(dict(cfg, _scope_=scope))
    net.init_weights()
    net.eval()
    return net


@pytest.mark.slow
@pytest.mark.parametrize(
    ('arch', 'backbone'),
    [
        (ARCH, {}),
        (ARCH, dict(strides=(4, 2, 2, 1))),
        (dict(ARCH, depths=[1, 1, 1], num_heads=[1, 1, 2]), None),
    ],
)
def test_folded__both_snippets_give_the_features(tmp_path, arch, backbone):
    if backbone is None:
        backbone = dict(strides=(4, 2, 1))
    net, _, text = exported(tmp_path, arch, backbone, semantic_weight=0.5)
    first, second = text.split('# mmpretrain\n')
    assert first.startswith('# mmdet, mmseg, mmpose')
    assert 'mmssl' not in text
    assert text.endswith(
        '# input: RGB 0..255, mean=[123.675, 116.28, 103.53], '
        'std=[58.395, 57.12, 57.375]'
    )
    images = torch.randn(1, 3, 64, 32, generator=torch.manual_seed(1))
    net.eval()
    with torch.no_grad():
        want = net(images, 0.5)
        other = built(second, 'mmpretrain')
        for got, expected in zip(other(images), want):
            torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)
        pytest.importorskip('mmdet.models')
        for got, expected in zip(built(first, 'mmdet')(images), want):
            torch.testing.assert_close(got, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    'scope',
    [
        'mmpretrain',
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ('mmdet', 'mmseg', 'mmpose')
        ),
    ],
)
def test_unfolded__mmssls_class_with_lambda_in_any_project(tmp_path, scope):
    pytest.importorskip(scope)
    net, _, text = exported(tmp_path)
    assert "custom_imports = dict(imports=['mmssl.models'])" in text
    text = text.replace('semantic_weight=0.0', 'semantic_weight=0.3')
    other = built(text, scope)
    images = torch.randn(1, 3, 64, 32, generator=torch.manual_seed(1))
    net.eval()
    with torch.no_grad():
        torch.testing.assert_close(other(images)[-1], net(images, 0.3)[-1])


def test_other_libraries__how_the_file_is_read():
    meta = dict(layout='timm', backbone=dict(type='SwinTransformer'))
    text = usage_of(meta, 'a.pth')
    assert 'timm pads after the shift' in text
    assert "torch.load('a.pth', weights_only=True)" in text
    meta = dict(layout='torchvision', backbone=dict(type='ResNet', depth=18))
    text = usage_of(meta, 'a.safetensors')
    assert "safetensors.torch.load_file('a.safetensors')" in text
    assert 'pads' not in text


def test_bias__mmpretrain_alone():
    config = dict(
        type='SwinTransformer',
        arch=dict(embed_dims=8),
        window_size=7,
        stage_cfgs=dict(downsample_cfg=dict(bias=True)),
    )
    text = usage_of(dict(layout='mm', prefix='', backbone=config), 'a.pth')
    assert text.startswith('# mmpretrain alone (bias in patch merging)')
    assert 'stage_cfgs=dict(downsample_cfg=dict(bias=True))' in text
    assert 'prefix' not in text


def test_unknown_backbone__nothing():
    assert usage_of(dict(layout='mm', backbone=None), 'a.pth') == ''
    vit = dict(type='VisionTransformer', img_size=[32, 32])
    text = usage_of(dict(layout='mm', backbone=vit), 'a.pth')
    assert text.startswith('# mmpretrain\nbackbone = dict(')
