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
