"""Biases of Swin's patch merging moved into the norms before them."""

import pytest
import torch
from mmpretrain.models import SwinTransformer

from mmssl.checkpoints.merging_bias import without_merging_bias
from mmssl.checkpoints.pickle_globals import CheckpointError

ARCH = dict(embed_dims=12, depths=[1, 1, 1, 1], num_heads=[1, 2, 2, 4])
REDUCTION = 'stages.1.downsample.reduction.'


def biased():
    cfg = dict(downsample_cfg=dict(bias=True))
    net = SwinTransformer(
        ARCH, window_size=2, pad_small_map=True, stage_cfgs=cfg
    )
    generator = torch.Generator().manual_seed(0)
    for tensor in net.state_dict().values():
        if tensor.is_floating_point():
            noise = torch.randn(tensor.shape, generator=generator)
            tensor.add_(0.1 * noise)
    net.eval()
    return net


def test_features__are_the_same():
    net = biased()
    plain = SwinTransformer(ARCH, window_size=2, pad_small_map=True)
    plain.load_state_dict(without_merging_bias(net.state_dict()))
    plain.eval()
    images = torch.randn(1, 3, 40, 24, generator=torch.manual_seed(1))
    with torch.no_grad():  # 40 x 24: the merging pads, too
        want, got = net(images)[0], plain(images)[0]
    torch.testing.assert_close(got, want, rtol=0, atol=1e-5)


def test_change__is_the_smallest_one():
    state = biased().state_dict()
    new = without_merging_bias(state)
    norm = 'stages.1.downsample.norm.bias'
    moved = (new[norm] - state[norm]).double()
    weight = state[REDUCTION + 'weight'].double()
    bias = state[REDUCTION + 'bias'].double()
    want = weight.T @ torch.linalg.solve(weight @ weight.T, bias)
    torch.testing.assert_close(moved, want, rtol=0, atol=1e-5)
    assert REDUCTION + 'bias' not in new
    assert REDUCTION + 'bias' in state


def test_without_biases__the_same_tensors():
    state = SwinTransformer(ARCH).state_dict()
    new = without_merging_bias(state)
    assert all(new[name] is tensor for name, tensor in state.items())


def test_what_cannot_be__is_refused():
    state = biased().state_dict()
    weight = REDUCTION + 'weight'
    state[weight] = torch.ones_like(state[weight])
    with pytest.raises(CheckpointError, match=r'1\.downsample\.reduction\.bi'):
        without_merging_bias(state)
    state = biased().state_dict()
    del state['stages.1.downsample.norm.bias']
    with pytest.raises(CheckpointError, match='the merging has no norm'):
        without_merging_bias(state)
