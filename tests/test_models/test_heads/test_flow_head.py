"""What the base gives, through the simplest head there can be."""

import pytest
import torch
from torch import nn

from mmssl.models.heads.flow_head import FlowHead


class AbsoluteError(nn.Module):
    def forward(self, logits, target, reduction='mean'):
        error = (logits - target).abs()
        return error.mean() if reduction == 'mean' else error.mean((1, 2, 3))


class PlainHead(FlowHead):
    def encode(self, flow):
        return flow * 10

    def decode(self, logits):
        return logits / 10


def make():
    return PlainHead(3, 2, AbsoluteError())


def test_forward__a_matrix_at_every_cell():
    head = make()
    x = torch.randn(2, 3, 4, 5)
    expected = torch.einsum('oc,nchw->nohw', head.conv.weight[:, :, 0, 0], x)
    torch.testing.assert_close(
        head(x), expected + head.conv.bias[:, None, None]
    )


def test_loss__on_the_encoded_target():
    logits, flow = torch.randn(3, 2, 4, 5), torch.randn(3, 2, 4, 5)
    losses = make().loss(logits, flow)
    assert list(losses) == ['loss_flow']
    expected = (logits - flow * 10).abs()
    torch.testing.assert_close(losses['loss_flow'], expected.mean())
    torch.testing.assert_close(
        make().sample_losses(logits, flow), expected.mean((1, 2, 3))
    )


def test_predict__decoded_first_then_enlarged_unscaled():
    logits = torch.tensor([[[[0.0, 40.0]], [[10.0, 10.0]]]])  # (1, 2, 1, 2)
    flow = make().predict(logits, (1, 5))
    expected = [[0.0, 1.0, 2.0, 3.0, 4.0], [1.0] * 5]
    torch.testing.assert_close(flow[0, :, 0], torch.tensor(expected))


def test_init__small_normal():
    head = PlainHead(2000, 2, AbsoluteError())
    head.init_weights()
    assert head.conv.weight.std().item() == pytest.approx(0.01, rel=0.1)
    assert (head.conv.bias == 0).all()
