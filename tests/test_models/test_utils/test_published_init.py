import math

import pytest
import torch
from torch import nn

from mmssl.models.utils.published_init import published_init_


@pytest.mark.parametrize(
    ('layer', 'fans'),
    [
        (nn.Conv2d(64, 96, 3), 9 * (64 + 96)),
        (nn.Conv2d(64, 96, 3, groups=2), 9 * (32 + 96)),
        (nn.Linear(200, 300), 500),
    ],
)
def test_weights__xavier(layer, fans):
    with torch.no_grad():
        layer.weight.fill_(7.0)
        layer.bias.fill_(7.0)
    published_init_(layer, generator=torch.Generator().manual_seed(0))
    std = 0.02 * math.sqrt(2 / fans)
    n = layer.weight.numel()
    # Four standard errors of a normal's std and mean.
    assert layer.weight.std().item() == pytest.approx(
        std, rel=4 / math.sqrt(2 * n)
    )
    assert abs(layer.weight.mean().item()) < 4 * std / math.sqrt(n)
    assert (layer.bias == 0).all()


def test_weights__the_rule_of_torch():
    conv = nn.Conv2d(6, 10, (3, 5))
    expected = torch.empty_like(conv.weight)
    torch.manual_seed(3)
    nn.init.xavier_normal_(expected, gain=0.02)
    torch.manual_seed(3)
    published_init_(conv)
    torch.testing.assert_close(conv.weight.detach(), expected)


@pytest.mark.parametrize(
    'norm', [nn.BatchNorm2d(4000), nn.GroupNorm(4, 4000), nn.LayerNorm(4000)]
)
def test_norms(norm):
    with torch.no_grad():
        norm.bias.fill_(7.0)
    published_init_(norm)
    assert norm.weight.mean().item() == pytest.approx(1, abs=2e-3)
    assert norm.weight.std().item() == pytest.approx(0.02, rel=0.05)
    assert (norm.bias == 0).all()


def test_norm_statistics_and_others__are_left_alone():
    model = nn.Sequential(nn.BatchNorm2d(3), nn.Embedding(2, 2))
    model[0].running_mean.fill_(5)
    table = model[1].weight.detach().clone()
    published_init_(model)
    assert (model[0].running_mean == 5).all()
    assert torch.equal(model[1].weight, table)


def test_no_bias_no_affine():
    model = nn.Sequential(
        nn.Conv2d(3, 3, 1, bias=False), nn.BatchNorm2d(3, affine=False)
    )
    published_init_(model)
    assert model[0].weight.abs().max() < 1


def test_generator__repeats():
    first, second = nn.Linear(5, 5), nn.Linear(5, 5)
    for layer in (first, second):
        published_init_(layer, generator=torch.Generator().manual_seed(1))
    assert torch.equal(first.weight, second.weight)
