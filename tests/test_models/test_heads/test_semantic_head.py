"""The head that tells parts of a body."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from mmssl.models.heads import SemanticHead


@pytest.mark.parametrize('num_blocks', [0, 1, 3])
def test_logits__block_by_block(num_blocks):
    head = SemanticHead(6, 4, num_blocks, hid_channels=5)
    rows = torch.randn(12, 6)
    x = rows
    for block in head.blocks:
        x = x @ block.fc.weight.T
        mean, variance = x.mean(0), x.var(0, unbiased=False)
        x = (x - mean) / (variance + 1e-5).sqrt()
        x = F.relu(x * block.norm.weight + block.norm.bias)
    expected = x @ head.fc.weight.T + head.fc.bias
    assert len(head.blocks) == num_blocks
    (logits,) = head(rows)
    torch.testing.assert_close(logits, expected)
    assert torch.equal(head.eval()((None, rows))[0], head(rows)[0])


def test_norms__left_out_or_others():
    plain = SemanticHead(6, 3, 1, norm_cfg=None)
    rows = torch.randn(1, 6)
    hidden = F.relu(F.linear(rows, *plain.blocks[0].fc.parameters()))
    expected = F.linear(hidden, *plain.fc.parameters())
    torch.testing.assert_close(plain(rows)[0], expected)
    layer = SemanticHead(6, 3, 2, norm_cfg=dict(type='LN'))
    assert type(layer.blocks[1].norm) is torch.nn.LayerNorm
    assert layer.blocks[1].fc.weight.shape == (6, 6)


def test_mistakes__are_named():
    with pytest.raises(ValueError, match=r'num_blocks .* got -1'):
        SemanticHead(6, num_blocks=-1)
    with pytest.raises(ValueError, match=r'num_classes .* got 0'):
        SemanticHead(6, num_classes=0)
    with pytest.raises(ValueError, match=r'in_channels=6, the features 5'):
        SemanticHead(6)(torch.zeros(2, 5))
    with pytest.raises(ValueError, match=r"1 cell .*norm_cfg=dict\(type='LN'"):
        SemanticHead(6)(torch.zeros(1, 6))
    assert SemanticHead(6).eval()(torch.zeros(1, 6))[0].shape == (1, 4)
