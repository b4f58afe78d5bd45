"""Boxes on the levels of a pyramid, against torchvision's own."""

from collections import OrderedDict

import pytest
import torch
from torchvision.ops import MultiScaleRoIAlign, roi_align

from mmssl.registry import MODELS

SIZE = (96, 128)
STRIDES = (4, 8, 16, 32)
CHANNELS = (3, 4, 5, 6)
# Square roots of areas 20 (below the pyramid's finest), 40, 80 and 96.
BOXES = torch.tensor(
    [
        [1, 4.0, 8.0, 24.0, 28.0],
        [0, 10, 20, 50, 60],
        [0, 40, 16, 120, 96],
        [1, 0, 0, 96, 96],
        [0, 0, 0, 128, 72],
    ]
)


def maps(dtype=torch.float32):
    generator = torch.Generator().manual_seed(1)
    return tuple(
        torch.randn(
            2, c, SIZE[0] // s, SIZE[1] // s, generator=generator, dtype=dtype
        )
        for c, s in zip(CHANNELS, STRIDES)
    )


def build(**kwargs):
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type='mmssl.FPNRegions',
            in_channels=CHANNELS,
            out_channels=7,
            canonical_size=80,
            **kwargs,
        )
    )


def pyramid(region, xs):
    named = OrderedDict((str(i), x) for i, x in enumerate(xs))
    return region.fpn(named)


@pytest.mark.parametrize('size', [1, 2])
def test_assign__equals_torchvisions_pooler(size):
    region, xs = build(output_size=size, cells='flatten'), maps()
    pooler = MultiScaleRoIAlign(
        ['0', '1', '2', '3'], size, -1, canonical_scale=80
    )
    boxes = [BOXES[BOXES[:, 0] == i, 1:] for i in range(2)]
    expected = pooler(pyramid(region, xs), boxes, [SIZE, SIZE]).flatten(1)
    order = torch.argsort(BOXES[:, 0], stable=True)
    found = region(xs, BOXES, SIZE)
    torch.testing.assert_close(found[order], expected)
    assert found.shape == (5, region.out_channels)


def test_assign__gradients_equal_those_of_picked_boxes():
    """Points that stand for other levels' boxes must not disturb."""
    region = build()
    xs = [x.requires_grad_() for x in maps(torch.float64)]
    region.double()
    weight = torch.linspace(-1, 1, 5 * 7, dtype=torch.float64).view(5, 7)
    (region(xs, BOXES, SIZE) * weight).sum().backward()
    found = [p.grad.clone() for p in [*xs, *region.parameters()]]
    for tensor in [*xs, *region.parameters()]:
        tensor.grad = None

    levels = list(pyramid(region, xs).values())
    total = 0
    for m, level in enumerate((0, 1, 2, 2, 2)):
        row = roi_align(
            levels[level], BOXES[m : m + 1].double(), 1, 1 / STRIDES[level]
        )
        total = total + (row[:, :, 0, 0] * weight[m]).sum()
    total.backward()
    for one, tensor in zip(found, [*xs, *region.parameters()]):
        other = tensor.grad
        other = torch.zeros_like(one) if other is None else other
        torch.testing.assert_close(one, other)


def test_concat__every_level_side_by_side():
    region, xs = build(levels='concat'), maps()
    expected = torch.cat(
        [
            roi_align(level, BOXES, 1, 1 / stride)[:, :, 0, 0]
            for level, stride in zip(pyramid(region, xs).values(), STRIDES)
        ],
        dim=1,
    )
    assert torch.equal(region(xs, BOXES, SIZE), expected)
    assert region.out_channels == expected.shape[1] == 28


@pytest.mark.parametrize('levels', ['assign', 'concat'])
def test_levels__no_boxes_reach_every_weight(levels):
    """DDP waits for the gradient of each weight on each process."""
    region = build(levels=levels)
    found = region(maps(), BOXES[:0], SIZE)
    assert found.shape == (0, region.out_channels)
    found.sum().backward()
    for name, parameter in region.named_parameters():
        assert parameter.grad is not None, name
        assert not parameter.grad.any(), name


def test_levels__all_boxes_on_one_reach_every_weight():
    region = build()
    region(maps(), BOXES[:1], SIZE).sum().backward()
    assert all(p.grad is not None for p in region.parameters())


def test_init__once_more_by_mmengine():
    region = build(norm_cfg=dict(type='BN'))
    names = dict(region.named_parameters())
    assert 'fpn.inner_blocks.0.0.weight' in names
    assert 'fpn.layer_blocks.3.1.bias' in names  # the norm's
    before = names['fpn.layer_blocks.0.0.weight'].detach().clone()
    region.init_weights()
    after = names['fpn.layer_blocks.0.0.weight'].detach()
    assert not torch.equal(before, after)
    # Uniform in +-sqrt(3 / fan_in), as Caffe2's Xavier is.
    bound = (3 / (7 * 9)) ** 0.5
    assert 0.9 * bound < after.abs().max() <= bound


def test_errors__name_value_and_fix():
    with pytest.raises(ValueError, match="'all'; valid: assign, concat"):
        build(levels='all')
    with pytest.raises(ValueError, match=r'4 maps.*gives 1; set backbone.out'):
        build()(maps()[:1], BOXES, SIZE)
    with pytest.raises(ValueError, match='stride of the map is not known'):
        build()(maps(), BOXES)
    with pytest.raises(ValueError, match='in_channels must'):
        MODELS.build(dict(type='mmssl.FPNRegions', in_channels=()))
