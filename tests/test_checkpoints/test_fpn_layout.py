"""The pyramid of torchvision and that of mmdet give the same maps."""

from __future__ import annotations

import sys
from collections import OrderedDict
from functools import partial

import pytest
import torch
from torch import nn
from torchvision.ops import FeaturePyramidNetwork

from mmssl.checkpoints.fpn_layout import (
    build_mmdet_fpn,
    fpn_to_mmdet,
    norm_of,
)
from mmssl.checkpoints.pickle_globals import CheckpointError

NORMS = {
    '': (None, None),
    'bn': (nn.BatchNorm2d, dict(type='BN')),
    'gn': (partial(nn.GroupNorm, 4), dict(type='GN', num_groups=4)),
}


def pyramid(norm='', levels=4):
    """A pyramid with random weights, statistics and affine maps."""
    fpn = FeaturePyramidNetwork(
        [3 + i for i in range(levels)], 8, norm_layer=NORMS[norm][0]
    )
    for name, tensor in fpn.state_dict().items():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape) + 0.1 * ('var' in name))
    return fpn.eval()


@pytest.mark.downstream
@pytest.mark.parametrize('norm', NORMS)
def test_outputs__equal_those_of_mmdet(norm):
    necks = pytest.importorskip('mmdet.models.necks')
    ours = pyramid(norm)
    theirs = necks.FPN(
        [3, 4, 5, 6], 8, num_outs=5, norm_cfg=NORMS[norm][1]
    ).eval()
    left = theirs.load_state_dict(fpn_to_mmdet(ours.state_dict()))
    assert left.missing_keys == left.unexpected_keys == []
    # odd sizes: levels are not halves of each other
    sizes = ((25, 31), (13, 16), (7, 8), (4, 4))
    maps = [torch.randn(2, 3 + i, *hw) for i, hw in enumerate(sizes)]
    with torch.no_grad():
        expected = ours(OrderedDict((str(i), x) for i, x in enumerate(maps)))
        got = theirs(maps)
    assert len(got) == 5
    for one, other in zip(expected.values(), got):
        torch.testing.assert_close(other, one, rtol=1e-5, atol=1e-5)


@pytest.mark.downstream
@pytest.mark.parametrize('norm', NORMS)
def test_target__has_all_names_and_shapes(norm):
    pytest.importorskip('mmdet')
    state = pyramid(norm, levels=11).state_dict()  # 10 sorts before 2
    target = build_mmdet_fpn(state)
    renamed = fpn_to_mmdet(state)
    assert {k: v.shape for k, v in target.state_dict().items()} == {
        k: v.shape for k, v in renamed.items()
    }
    assert all(p.device.type == 'meta' for p in target.parameters())


@pytest.mark.parametrize('norm', NORMS)
def test_norm__seen_from_the_names(norm):
    state = pyramid(norm).state_dict()
    assert norm_of(state) == norm
    renamed = fpn_to_mmdet(state)
    assert [id(t) for t in renamed.values()] == [id(t) for t in state.values()]
    parts = {name.split('.')[2] for name in renamed}
    assert parts == {'conv', norm} - {''}


def test_other_pyramids__refused():
    state = pyramid().state_dict()
    state['extra_blocks.p6.weight'] = torch.ones(1)
    with pytest.raises(CheckpointError, match=r"for 'extra_blocks\.p6"):
        fpn_to_mmdet(state)
    with pytest.raises(CheckpointError, match='no inner blocks'):
        build_mmdet_fpn({'layer_blocks.0.0.bias': torch.ones(1)})


def test_target__mmdet_is_optional(monkeypatch):
    monkeypatch.setitem(sys.modules, 'mmdet', None)
    monkeypatch.setattr('importlib.util.find_spec', lambda name: None)
    assert build_mmdet_fpn(pyramid().state_dict()) is None
