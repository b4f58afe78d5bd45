"""Rates of stochastic depth are scaled, block by block."""

import pytest
import torch
from mmpretrain.models import ConvNeXt, SwinTransformer, VisionTransformer

from mmssl.models.utils.drop_path import set_drop_path

SWIN = dict(
    arch=dict(embed_dims=8, depths=[1, 2, 1, 1], num_heads=[1, 1, 1, 1]),
    drop_path_rate=0.4,
)


def rates(network):
    return [m.drop_prob for m in network.modules() if hasattr(m, 'drop_prob')]


@pytest.mark.parametrize(
    'network',
    [
        lambda: SwinTransformer(**SWIN),
        lambda: VisionTransformer('deit-tiny', drop_path_rate=0.4),
        lambda: ConvNeXt('atto', drop_path_rate=0.4),
    ],
    ids=['swin', 'vit', 'convnext'],
)
def test_rates__keep_their_shape(network):
    network = network()
    before = rates(network)
    assert max(before) == pytest.approx(0.4)
    assert set_drop_path(network, 0.1) == len(before)
    assert rates(network) == pytest.approx([rate / 4 for rate in before])
    set_drop_path(network, 0.0)
    assert rates(network) == [0.0] * len(before)


def test_rate_0__training_is_evaluation():
    network = SwinTransformer(**SWIN)
    set_drop_path(network, 0.0)
    x = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        network.train()  # returns nothing
        found = network(x)[-1]
        network.eval()
        assert torch.equal(found, network(x)[-1])


def test_rates__that_cannot_be():
    network = torch.nn.Linear(1, 1)
    assert set_drop_path(network, 0.0) == 0
    with pytest.raises(ValueError, match=r'rate of 0.1 .* Linear has no stoc'):
        set_drop_path(network, 0.1)
    for rate in (-0.1, 1.0):
        with pytest.raises(ValueError, match=rf'\[0, 1\), got {rate}'):
            set_drop_path(network, rate)
