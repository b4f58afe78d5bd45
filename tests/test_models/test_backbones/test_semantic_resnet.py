import pytest
import torch
import torch.nn.functional as F
from mmpretrain.models import ResNet

from mmssl.models.backbones.semantic_resnet import SemanticResNet
from mmssl.registry import MODELS

SMALL = dict(stem_channels=8, base_channels=4, out_indices=(0, 1, 2, 3))


def loud(**options):
    """A small network whose lambda is heard at once."""
    torch.manual_seed(0)
    net = MODELS.build(dict(type='SemanticResNet', **SMALL, **options))
    for name, parameter in net.named_parameters():
        if 'semantic_embed' in name:
            torch.nn.init.normal_(parameter)
    return net.eval()


@pytest.mark.parametrize(
    'options', [dict(depth=18), dict(depth=50), dict(depth=18, deep_stem=True)]
)
@torch.no_grad()
def test_forward__the_hosts_layers_with_the_controller_between(options):
    net = loud(**options)
    x, lambdas = torch.randn(2, 3, 64, 32), torch.tensor([0.2, 0.9])
    v = torch.stack((lambdas, 1 - lambdas), dim=1)
    y = net.stem(x) if net.deep_stem else F.relu(net.bn1(net.conv1(x)))
    y = net.maxpool(y)
    expected = []
    for i in range(4):
        y = getattr(net, f'layer{i + 1}')(y)
        expected.append(y)
        scale = F.softplus(net.semantic_embed_w[i](v))[..., None, None]
        y = y * scale + net.semantic_embed_b[i](v)[..., None, None]
    for got, wanted in zip(net(x, lambdas), expected):
        torch.testing.assert_close(got, wanted)


@torch.no_grad()
def test_negative__is_the_hosts_resnet():
    plain = loud(depth=50, semantic_weight=-1)
    host = ResNet(50, **SMALL)
    host.load_state_dict(plain.state_dict())
    host.eval()
    x = torch.randn(2, 3, 40, 56)
    for got, expected in zip(plain(x), host(x)):
        assert torch.equal(got, expected)


def test_widths__of_the_published_depth():
    net = SemanticResNet(50)
    widths = [layer.out_features for layer in net.semantic_embed_b]
    assert widths == [256, 512, 1024, 2048]


def test_gradients__all_but_the_last_layers():
    net = loud(depth=18, semantic_weight=0.5).train()
    net(torch.randn(2, 3, 64, 64))[3].square().mean().backward()
    missing = {k for k, p in net.named_parameters() if p.grad is None}
    assert missing == {
        f'semantic_embed_{kind}.3.{name}'
        for kind in 'wb'
        for name in ('weight', 'bias')
    }
