"""Maps as tokens, and tokens before the last norm."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.models import ResNet, SwinTransformer, VisionTransformer

from mmssl.models.utils.token_maps import (
    last_map,
    last_norm,
    raw_map,
    raw_tokens,
    tokens_of,
)


def test_tokens__row_by_row():
    maps = torch.randn(2, 3, 4, 5)
    tokens = tokens_of(maps)
    assert tokens.shape == (2, 20, 3)
    assert torch.equal(tokens[1, 2 * 5 + 3], maps[1, :, 2, 3])


def test_last__map_or_a_message():
    maps = torch.zeros(1, 2, 3, 4), torch.zeros(1, 4, 2, 2)
    assert last_map(maps) is maps[1]
    assert last_map(maps[0]) is maps[0]
    with pytest.raises(ValueError, match=r"\(1, 8\): set .*'featmap'"):
        last_map((torch.zeros(1, 8),))


def backbones():
    arch = dict(
        embed_dims=12, num_layers=2, num_heads=2, feedforward_channels=16
    )
    yield VisionTransformer(arch, img_size=(64, 32), out_type='featmap')
    arch = dict(embed_dims=8, depths=[1] * 4, num_heads=[1] * 4)
    yield SwinTransformer(arch, pad_small_map=True)
    yield SwinTransformer(arch, pad_small_map=True, out_indices=(0, 2))


def test_raw__the_norm_makes_the_map_of_it():
    images = torch.randn(2, 3, 64, 32)
    for backbone in backbones():
        backbone.eval()
        norm = last_norm(backbone)
        with torch.no_grad():
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_()
            with raw_tokens(backbone) as found:
                maps = last_map(backbone(images))
        assert len(found) == 1
        raw = raw_map(found[0], maps)
        normed = F.layer_norm(
            raw.permute(0, 2, 3, 1),
            maps.shape[1:2],
            norm.weight,
            norm.bias,
            norm.eps,
        )
        torch.testing.assert_close(normed.permute(0, 3, 1, 2), maps)
        assert not torch.allclose(raw, maps, atol=0.1)
        backbone(images)
        assert len(found) == 1  # nobody listens any more


def test_raw__backbones_without_a_norm():
    with pytest.raises(ValueError, match=r"ResNet has none: .*'normed'"):
        last_norm(ResNet(18))
    arch = dict(
        embed_dims=12, num_layers=2, num_heads=2, feedforward_channels=16
    )
    bare = VisionTransformer(arch, img_size=32, final_norm=False)
    with pytest.raises(ValueError, match='VisionTransformer has none'):
        last_norm(bare)
