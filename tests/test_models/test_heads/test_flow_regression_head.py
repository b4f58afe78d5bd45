import pytest
import torch
import torch.nn.functional as F

from mmssl.registry import MODELS


def make(loss=None):
    cfg = dict(type='mmssl.FlowRegressionHead', in_channels=4, loss=loss)
    return MODELS.build(cfg)


@pytest.mark.parametrize(
    ('cfg', 'by_torch'),
    [
        (None, F.smooth_l1_loss),
        (dict(type='mmssl.FlowL2Loss'), F.mse_loss),
    ],
)
def test_loss__at_full_size(cfg, by_torch):
    flow, target = torch.randn(2, 2, 3, 4), torch.randn(2, 2, 9, 9) * 3
    large = F.interpolate(flow, (9, 9), mode='bilinear', align_corners=True)
    loss = make(cfg).loss(flow, target)['loss_flow']
    torch.testing.assert_close(loss, by_torch(large, target))


def test_predict__the_two_channels_in_float32():
    head = make()
    assert head.conv.out_channels == 2
    flow = torch.randn(1, 2, 3, 4).bfloat16()
    out = head.predict(flow, (3, 4))
    assert out.dtype == torch.float32
    torch.testing.assert_close(out, flow.float())
