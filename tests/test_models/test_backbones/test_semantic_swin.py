"""The semantic Swin against the published network, and against plain Swin."""

import copy
import importlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from mmpretrain.models import SwinTransformer

from mmssl.engine.checkpointed_blocks import checkpoint_blocks
from mmssl.models.backbones.semantic_swin import (
    SemanticSwinTransformer,
    strided_stages,
)
from mmssl.registry import MODELS
from mmssl.testing.golden import named_input, named_weight

GOLDEN = Path(__file__).parents[2] / 'data' / 'golden'
SMALL = dict(embed_dims=8, depths=[2, 2, 2, 2], num_heads=[1, 2, 2, 4])
ALL = (0, 1, 2, 3)
PREFIX = 'teacher/backbone.'


def published_state():
    """The published Swin-T's weights, drawn from their names."""
    keys = json.loads((GOLDEN / 'solider_swin_tiny_keys.json').read_text())
    index = np.load(GOLDEN / 'solider_int_buffers.npz')
    state = {}
    for key, (shape, dtype) in keys.items():
        if not key.startswith(PREFIX):
            continue
        tensor = named_weight(key, shape, dtype)
        if key.endswith('relative_position_index'):
            tensor = torch.from_numpy(index['relative_position_index'])
        state[key[len(PREFIX) :]] = tensor
    return state


@pytest.fixture(scope='module')
def published():
    net = SemanticSwinTransformer('tiny', out_indices=ALL)
    net.load_state_dict(published_state())
    return net.eval()


@pytest.fixture(scope='module')
def golden():
    return np.load(GOLDEN / 'solider.npz')


def small(seed=0, **options):
    """A small network whose lambda is heard at once."""
    torch.manual_seed(seed)
    net = SemanticSwinTransformer(SMALL, drop_path_rate=0.0, **options)
    for name, parameter in net.named_parameters():
        if 'semantic_embed' in name or 'position_bias' in name:
            torch.nn.init.normal_(parameter)
    return net.eval()


def check_relative(got, expected, limit=1e-4):
    error = np.abs(got.numpy() - expected).max() / np.abs(expected).max()
    assert error <= limit


@pytest.mark.parametrize('weight', [0.0, 0.3, 1.0])
@torch.no_grad()
def test_golden__maps_of_all_stages(published, golden, weight):
    x = named_input('visible/solider/x', (2, 3, 256, 128))
    outs = published(x, weight)
    check_relative(outs[3], golden[f'lambda{weight}/stage3'])
    pooled = outs[3].mean((2, 3))
    check_relative(pooled, golden[f'lambda{weight}/pooled'])
    for i in range(3):
        part = outs[i][:, ::7, ::3, ::3]
        check_relative(part, golden[f'lambda{weight}/stage{i}_sub'])


@torch.no_grad()
def test_golden__local_views_each_with_its_lambda(published, golden):
    x = named_input('visible/solider/xlocal', (2, 3, 128, 64))
    views = torch.cat((x, x, x))
    weights = torch.tensor([0.0, 0.3, 1.0]).repeat_interleave(2)
    pooled = published(views, weights)[3].mean((2, 3))
    for got, weight in zip(pooled.split(2), (0.0, 0.3, 1.0)):
        check_relative(got, golden[f'lambda{weight}/local_pooled'])


@torch.no_grad()
def test_lambda__default_number_and_tensor_agree():
    net = small(semantic_weight=0.3, out_indices=ALL)
    x = torch.randn(2, 3, 64, 32)
    for a, b, c in zip(net(x), net(x, 0.3), net(x, torch.full((2,), 0.3))):
        torch.testing.assert_close(a, b)
        torch.testing.assert_close(a, c)
    other = net(x, 1.0)
    assert torch.equal(net(x)[0], other[0])  # before the first merging
    assert not any(torch.allclose(net(x)[i], other[i]) for i in (1, 2, 3))


@torch.no_grad()
def test_negative__is_the_hosts_swin():
    options = dict(arch=SMALL, out_indices=(1, 3), drop_path_rate=0.0)
    plain = SemanticSwinTransformer(semantic_weight=-1, **options).eval()
    host = SwinTransformer(pad_small_map=True, **options)
    host.load_state_dict(plain.state_dict())
    host.eval()
    x = torch.randn(2, 3, 75, 40)
    for got, expected in zip(plain(x), host(x)):
        assert torch.equal(got, expected)


def test_frozen__dead_layers_and_nothing_else():
    net = SemanticSwinTransformer(SMALL)
    frozen = {k for k, p in net.named_parameters() if not p.requires_grad}
    assert frozen == {
        f'semantic_embed_{kind}.3.{name}'
        for kind in 'wb'
        for name in ('weight', 'bias')
    }
    net(torch.randn(2, 3, 64, 32), 0.5)[0].sum().backward()
    untouched = {k for k, p in net.named_parameters() if p.grad is None}
    assert untouched == frozen


@pytest.mark.parametrize(
    ('arch', 'width', 'depth', 'heads'),
    [
        ('tiny', 96, 6, 3),
        pytest.param('small', 96, 18, 3, marks=pytest.mark.slow),
        pytest.param('base', 128, 18, 4, marks=pytest.mark.slow),
    ],
)
def test_presets__published(arch, width, depth, heads):
    net = MODELS.build(dict(type='SemanticSwinTransformer', arch=arch))
    assert [len(stage.blocks) for stage in net.stages] == [2, 2, depth, 2]
    tables = [
        stage.blocks[0].attn.w_msa.relative_position_bias_table
        for stage in net.stages
    ]
    assert [tuple(t.shape) for t in tables] == [
        (169, heads * 2**i) for i in range(4)
    ]
    widths = [e.out_features for e in net.semantic_embed_w]
    assert widths == [2 * width, 4 * width, 8 * width, 8 * width]
    assert net.accepts_semantic_weight is True
    assert net.semantic_weight == 0


@pytest.mark.parametrize(
    ('strides', 'sizes'),
    [
        ((4, 2, 2, 2), [(32, 16), (16, 8), (8, 4), (4, 2)]),
        ((4, 2, 2, 1), [(32, 16), (16, 8), (8, 4), (8, 4)]),
        ((4, 2, 1, 1), [(32, 16), (16, 8), (16, 8), (16, 8)]),
        ((2, 2, 2, 2), [(64, 32), (32, 16), (16, 8), (8, 4)]),
    ],
)
def test_strides__sizes_of_maps(strides, sizes):
    net = SemanticSwinTransformer(SMALL, strides=strides, out_indices=ALL)
    outs = net(torch.empty(2, 3, 128, 64))
    assert [tuple(out.shape[2:]) for out in outs] == sizes
    assert [out.shape[1] for out in outs] == [8, 16, 32, 64]


@torch.no_grad()
def test_strides__the_same_weights_without_a_step():
    """Stride 1 gives the merged tokens of stride 2 at even places."""
    dense = small(strides=(4, 1, 1, 1), out_indices=ALL)
    sparse = small(out_indices=ALL)
    sparse.load_state_dict(dense.state_dict())
    tokens = torch.randn(1, 8 * 6, 8)
    one, hw = dense.stages[0].downsample(tokens, (8, 6))
    two, half = sparse.stages[0].downsample(tokens, (8, 6))
    assert (hw, half) == ((8, 6), (4, 3))
    one = one.view(8, 6, 16)
    torch.testing.assert_close(one[::2, ::2].reshape(1, 12, 16), two)
    # the last row and column see zeros beyond the map
    merge = dense.stages[0].downsample
    padded = torch.zeros(1, 8, 9, 7)
    padded[..., :8, :6] = tokens.view(1, 8, 6, 8).permute(0, 3, 1, 2)
    corner = padded[..., 7:9, 5:7].reshape(1, 32)
    expected = merge.reduction(merge.norm(corner))[0]
    torch.testing.assert_close(one[7, 5], expected)


def test_strides__by_default_as_many_as_stages():
    arch = dict(embed_dims=8, depths=[1] * 3, num_heads=[1] * 3)
    net = SemanticSwinTransformer(arch, window_size=4, out_indices=(2,))
    assert net.strides == (4, 2, 2)
    assert net(torch.zeros(1, 3, 64, 32))[0].shape == (1, 32, 4, 2)


def test_strides__refused():
    with pytest.raises(ValueError, match=r'4 numbers.*\(4, 2, 2\)'):
        SemanticSwinTransformer(SMALL, strides=(4, 2, 2))
    with pytest.raises(ValueError, match=r'positive integers.*0'):
        SemanticSwinTransformer('tiny', strides=(4, 2, 2, 0))


def test_strided_stages__keeps_what_is_given():
    given = [dict(downsample_cfg=dict(bias=True)), dict(a=1), {}]
    got = strided_stages((4, 2, 1), given)
    assert got == [
        dict(downsample_cfg=dict(stride=2, bias=True)),
        dict(a=1, downsample_cfg=dict(stride=1)),
        {},
    ]
    assert given[1] == dict(a=1)
    shared = dict(downsample_cfg=dict(bias=True))
    assert strided_stages((4, 2), shared)[0]['downsample_cfg'] == dict(
        stride=2, bias=True
    )


@pytest.mark.parametrize('size', [(96, 96), (30, 97), (20, 20), (224, 224)])
@torch.no_grad()
def test_sizes__any_input(size):
    net = small(img_size=(256, 128), out_indices=ALL)
    outs = net(torch.randn(1, 3, *size), 0.5)
    height, width = size
    for i, out in enumerate(outs):
        cell = 4 * 2**i
        assert out.shape[2:] == (-(-height // cell), -(-width // cell))
        assert bool(out.isfinite().all())


@pytest.mark.parametrize('how', ['with_cp', 'engine'])
def test_checkpointing__same_gradients(how):
    net = small(semantic_weight=0.5)
    kept = small(semantic_weight=0.5, with_cp=how == 'with_cp')
    if how == 'engine':
        names = checkpoint_blocks(torch.nn.ModuleDict(dict(backbone=kept)))
        assert 'backbone.stages.2.blocks.1' in names
        assert not [name for name in names if 'semantic' in name]
    x, weights = torch.randn(2, 3, 64, 32), torch.tensor([0.0, 0.8])
    grads = []
    for model in (net, kept):
        model.train()
        model(x, weights)[0].square().mean().backward()
        grads.append({k: p.grad for k, p in model.named_parameters()})
    for name, grad in grads[0].items():
        if grad is None:
            assert grads[1][name] is None
        else:
            torch.testing.assert_close(grads[1][name], grad)


@torch.no_grad()
def test_out_after_downsample__what_the_next_stage_sees():
    net = small(out_indices=ALL, out_after_downsample=True)
    before = small(out_indices=ALL)
    own = {k: v for k, v in net.state_dict().items() if 'norm' not in k[:5]}
    before.load_state_dict(own, strict=False)
    x = torch.randn(1, 3, 64, 32)
    seen = []
    before.stages[1].register_forward_pre_hook(
        lambda module, args: seen.append(args[0])
    )
    before(x, 0.6)
    got = net(x, 0.6)[0]
    expected = net.norm0(seen[0]).view(1, 8, 4, 16).permute(0, 3, 1, 2)
    torch.testing.assert_close(got, expected)


@torch.no_grad()
def test_position__absolute_ones_like_the_host():
    options = dict(img_size=(64, 32), use_abs_pos_embed=True)
    plain = small(semantic_weight=-1, **options)
    torch.nn.init.normal_(plain.absolute_pos_embed)
    host = SwinTransformer(SMALL, pad_small_map=True, **options)
    host.load_state_dict(plain.state_dict())
    host.eval()
    x = torch.randn(1, 3, 96, 64)
    assert torch.equal(plain(x)[0], host(x)[0])


@pytest.mark.slow
@pytest.mark.downstream
@pytest.mark.parametrize('project', ['mmdet', 'mmpose', 'mmseg'])
@pytest.mark.parametrize('strides', [(4, 2, 2, 1), (4, 2, 1, 1)])
@torch.no_grad()
def test_strides__those_of_downstream_projects(project, strides):
    """Their Swins have strides, pad small maps, and no lambda."""
    pytest.importorskip(project)
    backbones = importlib.import_module(f'{project}.models.backbones')
    options = dict(depths=[2, 2, 2, 2], num_heads=[1, 2, 2, 4])
    theirs = backbones.SwinTransformer(
        embed_dims=8, strides=strides, **options
    )
    theirs.init_weights()
    theirs.eval()
    ours = small(semantic_weight=-1, strides=strides, out_indices=ALL)
    ours.load_state_dict(theirs.state_dict())
    x = torch.randn(2, 3, 100, 52)
    for got, expected in zip(ours(x), theirs(x)):
        torch.testing.assert_close(got, expected)


@torch.no_grad()
def test_autocast__follows_lambda_in_bf16():
    net = small(out_indices=ALL)
    x, weights = torch.randn(2, 3, 64, 32), torch.tensor([0.3, 1.0])
    with torch.autocast('cpu', torch.bfloat16):
        got = net(x, weights)
    for half, full in zip(got, net(x, weights)):
        assert float((half - full).abs().max()) < 0.1


@pytest.mark.slow
def test_compile__one_graph_for_each_kind_of_lambda():
    arch = dict(SMALL, depths=[1, 1, 1, 1])
    torch.manual_seed(0)
    net = SemanticSwinTransformer(arch, drop_path_rate=0.0)
    traced = copy.deepcopy(net)
    traced.compile(backend='eager', fullgraph=True)
    x = torch.randn(2, 3, 64, 32)
    for weight in (torch.tensor([0.3, 1.0]), 0.5):
        got, expected = (model(x, weight)[0] for model in (traced, net))
        torch.testing.assert_close(got, expected)
        for out in (got, expected):
            out.square().mean().backward()
    for a, b in zip(traced.parameters(), net.parameters()):
        if b.grad is not None:
            torch.testing.assert_close(a.grad, b.grad)
