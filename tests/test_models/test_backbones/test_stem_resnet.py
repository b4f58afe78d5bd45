import pytest
import torch
from mmpretrain.models import ResNet

from mmssl.models.backbones.stem_resnet import StemResNet
from mmssl.registry import MODELS

DILATED = dict(strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4))
SMALL = dict(stem_channels=8, base_channels=4)


@pytest.mark.parametrize('deep_stem', [False, True])
def test_forward__the_hosts_maps_and_the_stem(deep_stem):
    options = dict(
        depth=50, out_indices=(0, 3), deep_stem=deep_stem, **DILATED, **SMALL
    )
    net = MODELS.build(dict(type='mmssl.StemResNet', **options))
    host = ResNet(**options)
    host.load_state_dict(net.state_dict())  # the same keys
    net.eval()
    host.eval()
    x = torch.randn(2, 3, 37, 50)
    stem, *rest = net(x)
    for a, b in zip(rest, host(x)):
        assert torch.equal(a, b)
    if deep_stem:
        expected = net.stem(x)
    else:
        expected = net.bn1(net.conv1(x)).clamp(min=0)
    torch.testing.assert_close(stem, expected)
    assert stem.shape == (2, 8, 19, 25)


def test_forward__without_the_stem():
    net = StemResNet(18, out_stem=False, out_indices=(3,), **DILATED, **SMALL)
    net.eval()
    (out,) = net(torch.randn(1, 3, 40, 48))
    assert out.shape == (1, 32, 5, 6)  # stride 8, basic blocks too


def test_frozen_stages__still_work():
    net = StemResNet(18, frozen_stages=1, **SMALL)
    net.train()
    assert not net.conv1.weight.requires_grad
    assert not net.bn1.training
    assert net.layer2[0].conv1.weight.requires_grad
