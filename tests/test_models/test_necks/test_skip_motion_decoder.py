import pytest
import torch
import torch.nn.functional as F

from mmssl.models.necks.skip_motion_decoder import SkipMotionDecoder

GN = dict(type='GN', num_groups=2)


def run(block, x):
    """conv3x3-GN-relu."""
    x = F.conv2d(x, block[0].weight, block[0].bias, padding=1)
    return F.relu(F.group_norm(x, 2, block[1].weight, block[1].bias))


def up(x, like):
    size = like.shape[-2:]
    return F.interpolate(x, size, mode='bilinear', align_corners=True)


def small(skip_channels):
    return SkipMotionDecoder(
        5, skip_channels, 4, (1, 2), 1, fused_channels=16, norm_cfg=GN
    )


def test_forward__stages():
    net = small((12, 8))
    x = torch.randn(2, 5, 3, 4)
    fine, coarse = torch.randn(2, 8, 11, 15), torch.randn(2, 12, 6, 8)
    y = run(net.fuse, net.propagate(x))
    assert y.shape[1] == 16
    for i, skip in enumerate((coarse, fine)):
        reduced = run(net.skip_convs[i], skip)
        assert reduced.shape[1] == skip.shape[1] // 2
        y = run(net.fusions[i], torch.cat([up(y, skip), reduced], 1))
        assert y.shape[1] == (8, 4)[i]
    # The backbone gives its maps finest first.
    torch.testing.assert_close(net(x, skips=(fine, coarse)), y)
    assert y.shape == (2, net.out_channels, 11, 15)


@pytest.mark.parametrize('levels', [0, 1, 3])
def test_forward__any_number_of_levels(levels):
    net = small((8, 12, 4)[:levels])
    x = torch.randn(1, 5, 3, 4)
    skips = [
        torch.randn(1, c, 5 * i, 5 * i) for i, c in ((3, 4), (2, 12), (1, 8))
    ]
    out = net(x, skips=skips[3 - levels :])
    size = skips[3 - levels].shape[-2:] if levels else x.shape[-2:]
    assert out.shape == (1, 16 // 2**levels, *size)
    out.sum().backward()
    assert all(p.grad is not None for p in net.parameters())


def test_defaults__published():
    net = SkipMotionDecoder()
    shapes = {
        name: tuple(p.shape[:2])
        for name, p in net.named_parameters()
        if p.dim() == 4 and 'propagate' not in name
    }
    assert shapes == {
        'fuse.0.weight': (256, 512),
        'skip_convs.0.0.weight': (128, 256),
        'skip_convs.1.0.weight': (32, 64),
        'fusions.0.0.weight': (128, 384),
        'fusions.1.0.weight': (64, 160),
    }
    assert sorted(net.propagate.branches) == [
        'pool1',
        'pool2',
        'pool4',
        'pool8',
    ]
    assert len(net.propagate.branches['pool1']) == 3


@pytest.mark.parametrize('channels', [(8,), (12, 8), (8, 12, 4)])
def test_forward__other_skips_than_declared(channels):
    skips = [torch.zeros(1, c, 8, 8) for c in channels]
    message = r'\(12, 8\).*have \(' + ', '.join(map(str, channels[::-1]))
    with pytest.raises(ValueError, match=message):
        small((12, 8))(torch.zeros(1, 5, 4, 4), skips=skips)


def test_fused_channels__halved_for_each_level():
    with pytest.raises(ValueError, match=r'multiple of 8.*got 100'):
        SkipMotionDecoder(5, (4, 4, 4), fused_channels=100)
