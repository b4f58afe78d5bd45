"""Lambda folded and tables resized, then held against real libraries."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from mmpretrain.models import ResNet, SwinTransformer, VisionTransformer

from mmssl.checkpoints.export import export_backbone
from mmssl.checkpoints.export_state import prepare, resize_windows
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.position_resize import INDEX, TABLE, resize_table
from mmssl.models.backbones import (
    SemanticResNet,
    SemanticSwinTransformer,
    SemanticVisionTransformer,
)

ARCH = dict(embed_dims=12, depths=[2, 2, 2, 2], num_heads=[1, 2, 3, 4])
VIT = dict(embed_dims=24, num_layers=4, num_heads=2, feedforward_channels=48)
# Runs where mmssl is not; builds each project's own Swin and loads the file
# the way its users do.
DOWNSTREAM = """
import importlib, json, sys
import numpy as np, torch
pictures, out, *files = sys.argv[1:]
images = torch.from_numpy(np.load(pictures))
arch = json.loads('{"embed_dims": 12, "depths": [2, 2, 2, 2],'
                  ' "num_heads": [1, 2, 3, 4]}')
found = {}
from mmengine.config import ConfigDict
for project in ('mmpretrain', 'mmdet', 'mmseg', 'mmpose'):
    Swin = importlib.import_module(project + '.models').SwinTransformer
    for file in files:
        init = ConfigDict(type='Pretrained', checkpoint=file)
        if project == 'mmpretrain':
            init['prefix'] = 'backbone.'
            net = Swin(arch, out_indices=(0, 1, 2, 3), pad_small_map=True,
                       drop_path_rate=0., init_cfg=init)
        else:
            net = Swin(**arch, init_cfg=init)
        net.init_weights()
        net.eval()
        with torch.no_grad():
            for i, tensor in enumerate(net(images)):
                found[f'{project} {file} {i}'] = tensor.numpy()
assert not [name for name in sys.modules if name.split('.')[0] == 'mmssl']
np.savez(out, **found)
"""


def loud(net, seed=0):
    """Draw all tensors, so that nothing is left alone by chance."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in net.state_dict().items():
        if not tensor.is_floating_point():
            continue
        noise = torch.randn(tensor.shape, generator=generator)
        if name.endswith('running_var') or name.endswith('norm.weight'):
            noise = 1 + 0.2 * noise.clamp(-2, 2)
        elif tensor.ndim > 1 and 'table' not in name:
            noise *= (2 / tensor[0].numel()) ** 0.5
        tensor.copy_(noise)
    net.eval()
    return net


def save(path, net, root='backbone.'):
    state = {f'{root}{k}': v for k, v in net.state_dict().items()}
    torch.save(dict(state_dict=state, meta={}), path)
    return path


def relative(got, want):
    got, want = np.asarray(got), np.asarray(want)
    return np.abs(got - want).max() / np.abs(want).max()


@pytest.mark.slow  # imports four projects
@pytest.mark.downstream
def test_folded__the_swins_of_four_projects_without_mmssl(tmp_path):
    for project in ('mmdet', 'mmseg', 'mmpose'):
        pytest.importorskip(project)
    net = loud(SemanticSwinTransformer(ARCH, out_indices=(0, 1, 2, 3)))
    source = save(tmp_path / 'a.pth', net)
    images = torch.randn(2, 3, 128, 64, generator=torch.manual_seed(1))
    np.save(tmp_path / 'x.npy', images.numpy())
    files = {f'{value}.pth': value for value in (0.0, 0.2, 1.0)}
    for name, value in files.items():
        out = tmp_path / name
        report = export_backbone(source, out, semantic_weight=value)
        assert report.share == 1.0
    subprocess.run(
        [sys.executable, '-c', DOWNSTREAM, 'x.npy', 'y.npz', *files],
        cwd=tmp_path,
        env={'OMP_NUM_THREADS': '1'},  # no PYTHONPATH
        check=True,
    )
    found = np.load(tmp_path / 'y.npz')
    assert len(found.files) == 4 * 3 * 4
    for name, value in files.items():
        with torch.no_grad():
            want = net(images, value)
        for project in ('mmpretrain', 'mmdet', 'mmseg', 'mmpose'):
            for i in range(4):
                got = found[f'{project} {name} {i}']
                assert relative(got, want[i]) <= 1e-5


def test_folded__timm_at_a_size_that_needs_no_padding(tmp_path):
    module = pytest.importorskip('timm.models.swin_transformer')
    arch = dict(ARCH, depths=[1, 2, 1, 1])
    net = SemanticSwinTransformer(arch, window_size=2)
    source = save(tmp_path / 'a.pth', loud(net))
    out = tmp_path / 'b.pth'
    export_backbone(source, out, layout='timm', semantic_weight=0.2)
    other = module.SwinTransformer(
        img_size=64,
        embed_dim=12,
        depths=(1, 2, 1, 1),
        num_heads=(1, 2, 3, 4),
        window_size=2,
        always_partition=True,  # the shift stays on small maps
        num_classes=0,
    )
    other.load_state_dict(torch.load(out, weights_only=True))
    images = torch.randn(2, 3, 64, 64, generator=torch.manual_seed(1))
    with torch.no_grad():
        got = other.eval().forward_features(images).permute(0, 3, 1, 2)
        [want] = net(images, 0.2)
    assert relative(got, want) <= 1e-5


def test_unfolded__lambda_stays_adjustable(tmp_path):
    net = loud(SemanticSwinTransformer(ARCH))
    source, out = save(tmp_path / 'a.pth', net), tmp_path / 'b.pth'
    export_backbone(source, out)
    init = dict(type='Pretrained', checkpoint=str(out), prefix='backbone.')
    other = SemanticSwinTransformer(ARCH, semantic_weight=0.7, init_cfg=init)
    other.init_weights()
    other.eval()
    images = torch.randn(1, 3, 128, 64, generator=torch.manual_seed(1))
    with torch.no_grad():
        assert torch.equal(other(images)[0], net(images, 0.7)[0])
        assert not torch.equal(other(images)[0], net(images, 0.2)[0])
    meta = json.loads((tmp_path / 'b.pth.json').read_text())['meta']
    assert meta['semantic_weight'] == 'adjustable'
    assert meta['backbone']['type'] == 'SemanticSwinTransformer'


def test_unfolded__a_swin_of_three_stages(tmp_path):
    arch = dict(embed_dims=8, depths=[1] * 3, num_heads=[1] * 3)
    net = SemanticSwinTransformer(arch, window_size=4, out_indices=(2,))
    report = export_backbone(save(tmp_path / 'a.pth', net), tmp_path / 'b.pth')
    assert report.share == 1


def test_fold__what_has_no_lambda():
    state = SwinTransformer(ARCH).state_dict()
    with pytest.raises(CheckpointError, match='no semantic_embed'):
        prepare(state, semantic_weight=0.5)


@pytest.mark.slow
def test_fold__resnet(tmp_path):
    net = loud(SemanticResNet(50))
    source, out = save(tmp_path / 'a.pth', net), tmp_path / 'b.pth'
    export_backbone(source, out, semantic_weight=0.5)
    meta = torch.load(out, weights_only=True)['meta']
    assert meta['backbone'] == {'type': 'ResNet', 'depth': 50}
    assert meta['semantic_weight'] == 0.5
    plain = ResNet(50)
    plain.load_state_dict(torch.load(out, weights_only=True)['state_dict'])
    plain.eval()
    images = torch.randn(1, 3, 64, 32, generator=torch.manual_seed(1))
    with torch.no_grad():
        assert relative(plain(images)[0], net(images, 0.5)[0]) <= 1e-5


def test_fold__vit_is_refused_with_the_way_out():
    state = SemanticVisionTransformer(VIT, 32, 8).state_dict()
    with pytest.raises(CheckpointError, match='export it unfolded'):
        prepare(state, semantic_weight=0.5)
    ready = prepare(state)
    assert ready.architecture.semantic
    assert ready.state.keys() == state.keys()


def test_fold__a_bias_that_no_norm_can_take_stays_in_mm():
    state = SemanticSwinTransformer(ARCH).state_dict()
    state['semantic_embed_b.0.bias'].fill_(1.0)
    name = 'stages.0.downsample.reduction.weight'
    state[name] = torch.ones_like(state[name])  # rank 1
    ready = prepare(state, semantic_weight=0.5)
    assert 'stages.0.downsample.reduction.bias' in ready.state
    assert ready.architecture.options['merging_bias']
    with pytest.raises(CheckpointError, match='rows depend on each other'):
        prepare(state, semantic_weight=0.5, layout='timm')


def test_nothing_asked__the_same_tensors():
    state = ResNet(18).state_dict()
    ready = prepare(state)
    assert ready.resized == ()
    assert all(ready.state[k] is v for k, v in state.items())


def test_window__tables_and_indices(tmp_path):
    net = loud(SemanticSwinTransformer(ARCH))
    source, out = save(tmp_path / 'a.pth', net), tmp_path / 'b.pth'
    report = export_backbone(source, out, window_size=12)
    assert '8 relative position tables (window 7 -> 12)' in str(report)
    assert '13x13 -> 23x23, bicubic' in str(report)
    state = torch.load(out, weights_only=True)['state_dict']
    wide = SemanticSwinTransformer(ARCH, window_size=12)
    for key, tensor in wide.state_dict().items():
        if key.endswith(INDEX):
            assert torch.equal(state[f'backbone.{key}'], tensor)
    key = f'stages.2.blocks.1.attn.w_msa.{TABLE}'
    want = resize_table(net.state_dict()[key], 12)
    assert torch.equal(state[f'backbone.{key}'], want)
    meta = torch.load(out, weights_only=True)['meta']
    assert meta['backbone']['window_size'] == 12
    assert meta['resized'] == [str(report.resized[0])]
    assert export_backbone(source, out, window_size=7).resized == ()


def test_images_of_a_vit__embedding(tmp_path):
    net = loud(VisionTransformer(VIT, img_size=(64, 32), patch_size=8))
    source, out = save(tmp_path / 'a.pth', net), tmp_path / 'b.pth'
    config = tmp_path / 'vit.py'
    config.write_text(
        "model = dict(backbone=dict(type='mmpretrain.VisionTransformer', "
        f'arch={VIT!r}, img_size=(64, 32), patch_size=8))'
    )
    with pytest.raises(CheckpointError, match=r'32 patches .* no square'):
        export_backbone(source, out, img_size=(96, 48))
    with pytest.raises(ValueError, match='multiple of the patches of 8 px'):
        export_backbone(source, out, img_size=(96, 50), config=config)
    report = export_backbone(source, out, img_size=(96, 48), config=config)
    assert 'position embedding 8x4 -> 12x6, bicubic' in str(report)
    wide = VisionTransformer(VIT, img_size=(96, 48), patch_size=8)
    wide.load_state_dict(torch.load(out, weights_only=True)['state_dict'])
    wide.eval()
    images = torch.randn(1, 3, 96, 48, generator=torch.manual_seed(1))
    with torch.no_grad():  # the host interpolates in its forward pass
        assert relative(wide(images)[0], net(images)[0]) <= 1e-5
    # a second export knows how the patches lie, from the first one's meta
    again = tmp_path / 'c.pth'
    report = export_backbone(out, again, prefix='', img_size=(64, 32))
    assert '12x6 -> 8x4' in str(report)


def test_sizes__of_backbones_that_have_none():
    resnet, swin = ResNet(18).state_dict(), SwinTransformer(ARCH).state_dict()
    with pytest.raises(ValueError, match='without windows: it is for Swin'):
        resize_windows(resnet, 12)
    with pytest.raises(ValueError, match='must be >= 2, got 1'):
        resize_windows(swin, 1)
    with pytest.raises(ValueError, match='images of any size: it is for ViT'):
        prepare(swin, img_size=(256, 128))
