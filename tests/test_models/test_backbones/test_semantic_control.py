import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

from mmssl.models.backbones.semantic_control import (
    SemanticControl,
    scale_and_shift,
)


class Controlled(SemanticControl, nn.Module):
    """Two stages that do nothing, with the controller between them."""

    def __init__(self, semantic_weight=0.0, channels=(3, 5), dim=1):
        super().__init__()
        self.dim = dim
        self._add_semantic_control(semantic_weight, channels)

    def forward(self, x, semantic_weight=None):
        weights = self._lambda_of(x, semantic_weight)
        return self._controlled(x, 0, weights, self.dim)


@pytest.fixture
def net():
    torch.manual_seed(0)
    made = Controlled(0.25)
    for parameter in made.parameters():
        nn.init.normal_(parameter)
    return made


def by_hand(net, x, lambdas):
    """The formula, number by number; channels second."""
    net = copy.deepcopy(net).requires_grad_(False)
    w, b = net.semantic_embed_w[0], net.semantic_embed_b[0]
    out = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(*x.shape):
        lam = lambdas[n]
        a = float(w.weight[c, 0]) * lam + float(w.weight[c, 1]) * (1 - lam)
        t = float(b.weight[c, 0]) * lam + float(b.weight[c, 1]) * (1 - lam)
        scale = math.log1p(math.exp(a + float(w.bias[c])))
        shift = t + float(b.bias[c])
        out[n, c, i, j] = float(x[n, c, i, j]) * scale + shift
    return out


@pytest.mark.parametrize(
    ('given', 'lambdas'),
    [
        (None, [0.25, 0.25]),
        (1, [1, 1]),
        (torch.tensor([0.0, 0.7]), [0.0, 0.7]),
        (torch.tensor([0, 1]), [0, 1]),
        (torch.tensor(0.5, dtype=torch.float64), [0.5, 0.5]),
    ],
)
def test_controlled__formula(net, given, lambdas):
    x = torch.randn(2, 3, 2, 4)
    got = net(x, given).detach().numpy()
    np.testing.assert_allclose(got, by_hand(net, x, lambdas), atol=1e-6)


def test_controlled__tokens_like_maps(net):
    x, lambdas = torch.randn(2, 3, 2, 4), torch.tensor([0.0, 0.7])
    tokens = Controlled(dim=-1)
    tokens.load_state_dict(net.state_dict())
    got = tokens(x.flatten(2).transpose(1, 2), lambdas)
    expected = net(x, lambdas).flatten(2).transpose(1, 2)
    torch.testing.assert_close(got, expected)


def test_start__scale_is_ln_two():
    net = Controlled(channels=(2000, 4))
    x = torch.ones(1, 2000, 1, 1)
    got = net(x, 1.0).flatten()
    assert float(got.mean()) == pytest.approx(math.log(2), abs=0.003)
    # softplus' slope at 0 is 1/2: 0.02 of scale / 2 and 0.02 of shift
    expected = 0.02 * math.sqrt(1 + 1 / 4)
    assert float(got.std()) == pytest.approx(expected, rel=0.1)


def test_last_stage__frozen():
    net = Controlled()
    trained = {k for k, p in net.named_parameters() if p.requires_grad}
    assert trained == {
        f'semantic_embed_{kind}.0.{name}'
        for kind in 'wb'
        for name in ('weight', 'bias')
    }
    assert set(net.state_dict()) - trained == {
        name.replace('.0.', '.1.') for name in trained
    }


def test_gradients__of_layers_and_maps(net):
    net.double()
    x = torch.randn(2, 3, 1, 2, dtype=torch.float64, requires_grad=True)
    lambdas = torch.tensor([0.3, 1.0])
    layers = [*net.semantic_embed_w[0].parameters()]
    layers += net.semantic_embed_b[0].parameters()

    def run(x, *_):
        return net(x, lambdas)

    assert torch.autograd.gradcheck(run, (x, *layers), atol=1e-6)


def test_lambda_zero__trains_one_column():
    """DINO at lambda 0 leaves the columns for lambda as they start."""
    net = Controlled()
    net(torch.randn(2, 3, 2, 2), 0.0).square().sum().backward()
    for layers in (net.semantic_embed_w, net.semantic_embed_b):
        assert bool((layers[0].weight.grad[:, 0] == 0).all())
        assert bool((layers[0].weight.grad[:, 1] != 0).all())


def test_autocast__numbers_in_float32(net):
    x = torch.randn(2, 3, 2, 2).bfloat16()
    with torch.autocast('cpu', torch.bfloat16):
        got = net(x, 0.3)
    assert got.dtype == torch.bfloat16
    expected = by_hand(net, x.float(), [0.3, 0.3])
    np.testing.assert_allclose(
        got.detach().float(), expected, rtol=0.02, atol=0.03
    )
    layer = net.semantic_embed_w[0]
    assert layer.weight.dtype == torch.float32


@pytest.mark.parametrize(
    ('given', 'message'),
    [
        (1.2, r'\[0, 1\].*got 1\.2'),
        (torch.tensor([0.5, -0.5]), r'\[0, 1\].*got -0\.5'),
        (torch.tensor([0.5, float('nan')]), r'\[0, 1\].*got nan'),
        (torch.zeros(3), r'each of the 2 samples.*\(3,\)'),
        (torch.zeros(2, 1), r'each of the 2 samples.*\(2, 1\)'),
    ],
)
def test_lambda__refused(net, given, message):
    with pytest.raises(ValueError, match=message):
        net(torch.randn(2, 3, 1, 1), given)


def test_lambda__values_on_a_device_are_not_read(net):
    """Reading them would wait for the device."""
    x = torch.empty(2, 3, 1, 1, device='meta')
    given = torch.empty(2, device='meta')
    assert net.to('meta')(x, given).shape == x.shape


def test_default__refused_above_one():
    with pytest.raises(ValueError, match=r'got 1\.5'):
        Controlled(1.5)
    with pytest.raises(ValueError, match='got nan'):
        Controlled(float('nan'))


@pytest.mark.parametrize('given', ['half', None, [0.5]])
def test_default__refused_if_no_number(given):
    with pytest.raises(ValueError, match=r'must be a number in \[0, 1\]'):
        Controlled(given)


def test_plain__no_layers_and_no_lambda():
    net = Controlled(-1)
    assert net.accepts_semantic_weight is False
    assert not net.state_dict()
    x = torch.randn(2, 3, 1, 1)
    assert net(x) is x
    with pytest.raises(ValueError, match='built with semantic_weight < 0'):
        net(x, 0.5)


def test_train__returns_the_module(net):
    assert net.eval() is net
    assert not net.training
    assert net.train() is net


def test_scale_and_shift__linear():
    layer = nn.Linear(2, 7)
    expected = layer(torch.tensor([0.3, 0.7]))
    got = scale_and_shift(layer.weight, layer.bias, 0.3)
    torch.testing.assert_close(got, expected)
