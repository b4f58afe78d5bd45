"""The projector: published numbers and names, precision, bad input."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from mmssl.models.necks import DINONeck
from mmssl.testing.golden import named_weight

GOLDEN = Path(__file__).parents[2] / 'data' / 'golden'
SMALL = dict(
    in_channels=6, hid_channels=8, bottleneck_channels=5, num_prototypes=7
)


def published(prefix, file, **options):
    """A neck with the weights of a list of keys."""
    keys = json.loads((GOLDEN / file).read_text())
    weights = {
        name[len(prefix) :]: named_weight(name, *entry)
        for name, entry in keys.items()
        if name.startswith(prefix)
    }
    neck = DINONeck(in_channels=768, **options)
    neck.load_state_dict(weights)  # strict: all names and shapes are ours
    return neck


@pytest.mark.parametrize('weight', ['0.0', '0.3', '1.0'])
def test_golden__logits_of_whole_and_local_views(weight):
    file = 'solider_swin_tiny_keys.json'
    neck = published('teacher/head.', file, num_prototypes=1000)
    golden = np.load(GOLDEN / 'solider.npz')
    pooled = [
        torch.from_numpy(golden[f'lambda{weight}/{name}'])
        for name in ('pooled', 'local_pooled')
    ]
    with torch.no_grad():
        (logits,) = neck(torch.cat(pooled))
    wanted = golden[f'lambda{weight}/dino_head']
    np.testing.assert_allclose(logits.numpy(), wanted, 1e-4, 1e-5)


def test_golden__the_part_head_is_one_too():
    file = 'solider_part_classifier_keys.json'
    neck = published('part_classifier.', file, num_prototypes=4)
    golden = np.load(GOLDEN / 'solider.npz')
    maps = torch.from_numpy(golden['lambda1.0/stage3'])
    with torch.no_grad():
        (logits,) = neck(maps.flatten(2).transpose(1, 2).flatten(0, 1))
    wanted = golden['lambda1.0/part_logits'].reshape(-1, 4)
    np.testing.assert_allclose(logits.numpy(), wanted, 1e-4, 1e-5)


def test_layers__by_hand():
    neck = DINONeck(**SMALL).double()
    x = torch.randn(3, 6, dtype=torch.float64)
    weights = neck.state_dict()
    hidden = x
    for layer in (0, 2, 4):
        hidden = hidden @ weights[f'mlp.{layer}.weight'].T
        hidden = hidden + weights[f'mlp.{layer}.bias']
        if layer < 4:  # GELU
            hidden = hidden * (1 + torch.erf(hidden / 2**0.5)) / 2
    hidden = hidden / hidden.norm(dim=1, keepdim=True)
    rows = weights['last_layer.weight_v']
    cosines = hidden @ (rows / rows.norm(dim=1, keepdim=True)).T
    (logits,) = neck((x,))
    torch.testing.assert_close(logits, cosines)
    maps = x[..., None, None].expand(3, 6, 2, 4)
    torch.testing.assert_close(neck((torch.zeros(1), maps))[0], cosines)


@pytest.mark.parametrize(
    ('options', 'layers'),
    [
        (dict(num_layers=1), ['mlp']),
        (dict(num_layers=2), ['mlp.0', 'mlp.2']),
        (dict(num_layers=2, use_bn=True), ['mlp.0', 'mlp.1', 'mlp.3']),
        (dict(num_layers=4), ['mlp.0', 'mlp.2', 'mlp.4', 'mlp.6']),
    ],
)
def test_layers__names_as_published(options, layers):
    neck = DINONeck(**SMALL, **options)
    names = {n.rsplit('.', 1)[0] for n, _ in neck.named_parameters()}
    assert names == {*layers, 'last_layer'}
    assert neck(torch.randn(3, 6))[0].shape == (3, 7)


@pytest.mark.parametrize('normed', [True, False])
def test_start__small_weights_and_prototypes_of_length_1(normed):
    torch.manual_seed(0)
    neck = DINONeck(200, 300, 100, 50, norm_last_layer=normed)
    for layer in (0, 2, 4):
        assert float(neck.mlp[layer].weight.std()) == pytest.approx(0.02, 0.03)
        assert not neck.mlp[layer].bias.any()
    assert neck.last_layer.weight_g.requires_grad != normed
    assert (neck.last_layer.weight_g == 1).all()
    assert neck.last_layer.weight_v.requires_grad


def test_start__pretrained_weights_stay(tmp_path):
    source = DINONeck(**SMALL).state_dict()
    torch.save(source, tmp_path / 'neck.pth')
    cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'neck.pth'))
    neck = DINONeck(**SMALL, init_cfg=cfg)
    neck.init_weights()
    for name, value in neck.state_dict().items():
        assert torch.equal(value, source[name]), name


def test_copy__after_a_step_is_independent():
    neck = DINONeck(**SMALL)
    x = torch.randn(3, 6)
    neck(x)[0].sum().backward()
    twin = copy.deepcopy(neck)
    torch.optim.SGD(neck.parameters(), lr=1.0).step()
    (mine,), (theirs,) = neck(x), twin(x)
    assert not torch.allclose(mine, theirs)


@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_autocast__float32_behind_the_mlp(dtype):
    torch.manual_seed(0)
    neck = DINONeck(64, 64, 32, 200)
    # cosines near 1: half precision would show
    x = torch.randn(4, 64)
    with torch.autocast('cpu', dtype):
        (logits,) = neck(x)
        hidden = neck.mlp(x)
    assert hidden.dtype == dtype
    assert logits.dtype == torch.float32
    unit = nn.functional.normalize(hidden.double(), dim=1)
    wanted = neck.double().last_layer(unit)
    torch.testing.assert_close(logits.double(), wanted, rtol=0, atol=1e-6)


def test_batch_norm__one_row():
    neck = DINONeck(**SMALL, use_bn=True)
    assert neck.has_batch_norm
    with pytest.raises(ValueError, match=r'1 row: take .* neck.use_bn=False'):
        neck(torch.zeros(1, 6))
    assert neck.eval()(torch.zeros(1, 6))[0].shape == (1, 7)
    assert not DINONeck(**SMALL).has_batch_norm
    synced = nn.SyncBatchNorm.convert_sync_batchnorm(neck)
    assert not synced.has_batch_norm


@pytest.mark.parametrize(
    'name', [*SMALL, 'num_layers'], ids=lambda name: name.split('_')[0]
)
def test_numbers__not_positive(name):
    for value in (0, -3):
        with pytest.raises(
            ValueError, match=f'{name} must be >= 1, got {value}'
        ):
            DINONeck(**{**SMALL, name: value})


def test_features__of_another_width():
    with pytest.raises(ValueError, match=r'5 channels, .* set in_channels=5'):
        DINONeck(**SMALL)(torch.zeros(2, 5))
