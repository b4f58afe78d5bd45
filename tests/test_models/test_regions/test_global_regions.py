"""Whole images as regions."""

import pytest
import torch

from mmssl.registry import MODELS


def build(**kwargs):
    return MODELS.build(dict(type='mmssl.GlobalRegions', **kwargs))


def test_global__mean_of_the_map():
    maps = (torch.randn(2, 3, 4, 4), torch.randn(2, 5, 2, 3))
    last = torch.stack([m.reshape(5, 6).sum(1) / 6 for m in maps[1]])
    torch.testing.assert_close(build()(maps), last)
    first = torch.stack([m.reshape(3, 16).sum(1) / 16 for m in maps[0]])
    torch.testing.assert_close(build(stage=0)(maps), first)


def test_global__vectors_pass():
    vectors = torch.randn(2, 5)
    assert torch.equal(build()((vectors,)), vectors)


def test_global__float32_under_autocast():
    x = torch.randn(2, 3, 4, 4).bfloat16()
    with torch.autocast('cpu', torch.bfloat16):
        found = build()((x,))
    assert found.dtype == torch.float32
    assert torch.equal(found, x.float().mean((2, 3)))


def test_global__what_it_cannot_take():
    with pytest.raises(ValueError, match=r'stage 1.*gives 1'):
        build(stage=1)((torch.zeros(1, 2, 2, 2),))
    with pytest.raises(ValueError, match=r'\(1, 4, 8\).*out_type'):
        build()((torch.zeros(1, 4, 8),))
