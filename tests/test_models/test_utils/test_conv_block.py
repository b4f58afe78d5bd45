import pytest
import torch
import torch.nn.functional as F
from mmengine.registry import DefaultScope
from torch import nn

from mmssl.models.utils.conv_block import conv_norm_relu


@pytest.mark.parametrize('stride', [1, 2])
def test_conv_norm_relu__stages(stride):
    block = conv_norm_relu(
        3, 4, 5, stride=stride, norm_cfg=dict(type='GN', num_groups=2)
    )
    x = torch.randn(2, 3, 9, 8)
    conv, norm = block[0], block[1]
    expected = F.conv2d(x, conv.weight, conv.bias, stride, padding=2)
    expected = F.group_norm(expected, 2, norm.weight, norm.bias)
    torch.testing.assert_close(block(x), expected.clamp(min=0))


def test_conv_norm_relu__bias_stays_under_a_norm():
    block = conv_norm_relu(3, 4, 3, norm_cfg=dict(type='BN'))
    assert block[0].bias is not None
    assert sorted(block.state_dict())[:2] == ['0.bias', '0.weight']


def test_conv_norm_relu__no_norm():
    block = conv_norm_relu(3, 4, 3, norm_cfg=None)
    assert [type(layer) for layer in block] == [nn.Conv2d, nn.ReLU]


@pytest.mark.parametrize('scope', ['mmssl', 'mmpretrain'])
@pytest.mark.parametrize(
    ('cfg', 'kind'),
    [
        (dict(type='BN'), nn.BatchNorm2d),
        (dict(type='SyncBN'), nn.SyncBatchNorm),
        (dict(type='GN', num_groups=2), nn.GroupNorm),
        (dict(type='BN', requires_grad=False), nn.BatchNorm2d),
    ],
)
def test_conv_norm_relu__norms_resolve_in_scope(scope, cfg, kind):
    with DefaultScope.overwrite_default_scope(scope):
        norm = conv_norm_relu(2, 2, 3, norm_cfg=cfg)[1]
    assert isinstance(norm, kind)
    assert norm.weight.requires_grad == cfg.get('requires_grad', True)
