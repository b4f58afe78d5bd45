"""The layer is torch's weight_norm in names and numbers; it can be copied."""

import copy
import warnings

import pytest
import torch
from torch import nn

from mmssl.models.utils.weight_norm_linear import WeightNormLinear


def torchs(layer):
    """The same layer by torch's old weight_norm."""
    rows, columns = layer.weight_v.shape
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        found = nn.utils.weight_norm(nn.Linear(columns, rows, bias=False))
    found.load_state_dict(layer.state_dict())
    return found


def test_layer__as_torchs_with_its_names_and_gradients():
    layer = WeightNormLinear(5, 7).double()
    with torch.no_grad():
        layer.weight_g.uniform_(0.5, 2.0)
    other = torchs(layer).double()
    x = torch.randn(3, 5, dtype=torch.float64)
    weights = torch.randn(3, 7, dtype=torch.float64)
    for net in (layer, other):
        (net(x) * weights).sum().backward()
    torch.testing.assert_close(layer(x), other(x))
    for name in ('weight_g', 'weight_v'):
        mine, theirs = getattr(layer, name).grad, getattr(other, name).grad
        torch.testing.assert_close(mine, theirs, msg=name)


def test_copy__after_a_forward_pass_is_independent():
    layer = WeightNormLinear(5, 7)
    x = torch.randn(3, 5)
    before = layer(x)
    twin = copy.deepcopy(layer)
    with torch.no_grad():
        layer.weight_v.add_(1.0)
    assert torch.equal(twin(x), before)
    assert not torch.equal(layer(x), before)


@pytest.mark.parametrize('learned', [True, False])
def test_start__directions_of_a_linear_layer_and_length_1(learned):
    torch.manual_seed(0)
    layer = WeightNormLinear(256, 400, learn_gain=learned)
    assert layer.weight_g.requires_grad == learned
    assert torch.equal(layer.weight_g, torch.ones(400, 1))
    bound = 256**-0.5
    assert layer.weight_v.abs().max() <= bound
    assert layer.weight_v.std().item() == pytest.approx(bound / 3**0.5, 0.02)
    rows = layer(torch.eye(256))  # cosines
    torch.testing.assert_close(rows.square().sum(0), torch.ones(400))


def test_row_of_zeros__stays_finite():
    layer = WeightNormLinear(2, 2)
    with torch.no_grad():
        layer.weight_v[0] = 0.0
    assert torch.equal(layer(torch.ones(1, 2))[0, :1], torch.zeros(1))
