import math

import pytest
import torch
import torch.nn.functional as F

from mmssl.codecs.flow_codec import FlowCodec
from mmssl.models.heads.flow_bin_head import FlowBinHead
from mmssl.models.losses.flow_bin_loss import FlowBinLoss
from mmssl.registry import MODELS

CODEC = dict(type='mmssl.FlowCodec', nbins=5, fmax=10)


def test_defaults__published():
    head = MODELS.build(dict(type='mmssl.FlowBinHead', in_channels=4))
    assert head.conv.weight.shape == (198, 4, 1, 1)
    assert (head.codec.nbins, head.codec.fmax) == (99, 50)
    assert head.codec.spacing == 'linear'
    assert head.loss_module.zero_bin_weight == 1


def test_loss__by_hand():
    head = FlowBinHead(4, CODEC)
    logits = torch.randn(2, 10, 3, 4)
    flow = torch.rand(2, 2, 3, 4) * 30 - 15  # beyond fmax too
    bins = ((flow.clamp(-9.999, 9.999) + 10) / 4).floor().long()
    expected = F.cross_entropy(logits[:, :5], bins[:, 0])
    expected += F.cross_entropy(logits[:, 5:], bins[:, 1])
    loss = head.loss(logits, flow)['loss_flow']
    torch.testing.assert_close(loss, expected)


def test_loss__zero_flow_is_the_middle_bin():
    head = FlowBinHead(4, CODEC)
    logits = torch.zeros(1, 10, 2, 2)
    logits[:, [2, 7]] = 30.0
    assert head.loss(logits, torch.zeros(1, 2, 8, 8))['loss_flow'] < 1e-6
    assert head.decode(logits).abs().max() < 1e-6


def test_predict__soft_argmax_by_hand():
    head = FlowBinHead(4, CODEC)
    logits = torch.randn(1, 10, 1, 1)
    centres = [-8, -4, 0, 4, 8]
    for axis in range(2):
        e = [math.exp(v) for v in logits[0, axis * 5 : axis * 5 + 5, 0, 0]]
        expected = sum(a * c for a, c in zip(e, centres)) / sum(e)
        flow = head.predict(logits, (3, 3))
        assert flow.shape == (1, 2, 3, 3)
        assert flow[0, axis].flatten().tolist() == pytest.approx(
            [expected] * 9, abs=1e-5
        )


def test_parts__built_ones_are_taken():
    codec, loss = FlowCodec(3, 1.0), FlowBinLoss(zero_bin_weight=0.1)
    head = FlowBinHead(4, codec, loss)
    assert head.codec is codec
    assert head.loss_module is loss
    assert head.conv.out_channels == 6


def test_codec__even_bins():
    with pytest.raises(ValueError, match='must be odd'):
        FlowBinHead(4, dict(type='mmssl.FlowCodec', nbins=98))
