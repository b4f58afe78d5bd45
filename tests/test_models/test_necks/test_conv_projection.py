import pytest
import torch

from mmssl.models.necks.conv_projection import ConvProjection
from mmssl.registry import MODELS


def test_forward__a_matrix_at_every_cell():
    neck = MODELS.build(
        dict(type='mmssl.ConvProjection', in_channels=5, out_channels=3)
    )
    assert isinstance(neck, ConvProjection)
    neck.conv.bias.data.normal_()
    x = torch.randn(2, 5, 4, 6)
    matrix = neck.conv.weight[:, :, 0, 0]
    expected = torch.einsum('oc,nchw->nohw', matrix, x)
    expected = expected + neck.conv.bias[:, None, None]
    torch.testing.assert_close(neck(x), expected)


def test_forward__upsample_keeps_the_corners():
    neck = ConvProjection(1, 1, upsample=3)
    neck.conv.weight.data.fill_(2.0)
    neck.conv.bias.data.zero_()
    x = torch.tensor([[[[0.0, 5.0]]]])
    expected = torch.linspace(0, 10, 6).expand(1, 1, 3, 6)
    torch.testing.assert_close(neck(x), expected)


@pytest.mark.parametrize('upsample', [0, -1, 0.5])
def test_init__upsample(upsample):
    with pytest.raises(ValueError, match='positive int'):
        ConvProjection(1, 1, upsample=upsample)
