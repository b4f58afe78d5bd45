"""The teacher's second pass, as far as it is needed."""

from __future__ import annotations

import pytest
import torch
from mmpretrain.models import SwinTransformer
from torch import nn

from mmssl.models.backbones import SemanticSwinTransformer
from mmssl.models.utils.teacher_pass import (
    has_batch_norm,
    maps_at_one,
    pooled_at,
    repeats_itself,
)


class Scaled(nn.Module):
    """Gives (mean of image) + 10 lambda; notes how many images it saw."""

    accepts_semantic_weight = True

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x, semantic_weight):
        self.seen.append(len(x))
        return (x.mean((1, 2, 3)) + 10 * semantic_weight)[:, None]


@pytest.mark.parametrize(
    ('drawn', 'reuse', 'seen'),
    [
        ([1.0, 0, 1], True, [2]),
        ([1.0, 0, 1], False, [6]),
        ([0.0, 0.5, 0.2], True, [6]),
        ([1.0, 1, 1], True, []),
        ([1.0, 1, 1], False, [6]),
        ([0.25, 1, 1], True, [2]),
    ],
)
def test_pooled__only_images_of_other_lambdas_run(drawn, reuse, seen):
    views = [torch.randn(3, 3, 4, 4) for _ in range(2)]
    backbone, drawn = Scaled(), torch.tensor(drawn)
    means = torch.cat([v.mean((1, 2, 3)) for v in views])[:, None]
    at_one = means + 10
    found = pooled_at(backbone, views, drawn, at_one, reuse)
    torch.testing.assert_close(found, means + 10 * drawn.repeat(2)[:, None])
    assert backbone.seen == seen
    torch.testing.assert_close(at_one, means + 10)  # untouched


def test_pooled__of_a_backbone_without_lambda():
    at_one = torch.randn(4, 2)
    views = [torch.randn(2, 3, 4, 4)] * 2
    assert pooled_at(nn.Identity(), views, torch.zeros(2), at_one) is at_one


def test_repeats__not_with_chance_or_batch_statistics():
    assert repeats_itself(nn.Sequential(nn.LayerNorm(2), nn.Dropout(0.0)))
    assert not repeats_itself(nn.Sequential(nn.Dropout(0.1)))
    assert not repeats_itself(nn.BatchNorm2d(2))
    assert has_batch_norm(nn.Sequential(nn.SyncBatchNorm(2)))
    assert not has_batch_norm(nn.GroupNorm(1, 2))
    arch = dict(embed_dims=8, depths=[1] * 4, num_heads=[1] * 4)
    assert repeats_itself(SwinTransformer(arch, drop_path_rate=0.0))
    assert not repeats_itself(SwinTransformer(arch, drop_path_rate=0.1))


@pytest.mark.parametrize('raw', [False, True])
def test_maps__of_every_view_at_lambda_one(raw):
    arch = dict(embed_dims=8, depths=[1] * 4, num_heads=[1] * 4)
    net = SemanticSwinTransformer(arch, strides=(4, 2, 2, 1)).eval()
    torch.nn.init.normal_(net.semantic_embed_b[2].weight)
    views = [torch.randn(2, 3, 64, 32) for _ in range(2)]
    with torch.no_grad():
        torch.nn.init.normal_(net.norm3.weight)
        maps, pooled = maps_at_one(net, views, raw)
        wanted = torch.cat([net(view, 1.0)[0] for view in views])
        other = torch.cat([net(view, 0.0)[0] for view in views])
    torch.testing.assert_close(pooled, wanted.mean((2, 3)))
    assert not torch.allclose(wanted, other, atol=1e-3)
    if raw:
        rows = maps.permute(0, 2, 3, 1)
        mean, std = rows.mean(-1, True), rows.var(-1, False, keepdim=True)
        maps = (rows - mean) / (std + 1e-5).sqrt() * net.norm3.weight
        maps = (maps + net.norm3.bias).permute(0, 3, 1, 2)
    torch.testing.assert_close(maps, wanted)
