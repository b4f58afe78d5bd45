"""Network of the heatmaps."""

import pytest
import torch
from torch.nn import functional as F

pytest.importorskip('mmdet')
from mmssl.downstream.detection.keypoint_head import KeypointHead
from mmssl.registry import MODELS

pytestmark = pytest.mark.downstream


def small(**changed):
    options = dict(in_channels=3, num_keypoints=2, num_convs=2)
    return KeypointHead(**{**options, 'conv_channels': 4, **changed})


def test_head__as_published():
    """8 convolutions of 512, a transposed one to 17 maps, 14 -> 56."""
    with torch.device('meta'):
        head = KeypointHead()
        maps = head(torch.zeros(2, 256, 14, 14))
    assert maps.shape == (2, 17, 56, 56)
    shapes = [tuple(p.shape) for p in head.parameters() if p.dim() == 4]
    body = [(512, 256, 3, 3), *[(512, 512, 3, 3)] * 7]
    assert shapes == [*body, (512, 17, 4, 4)]
    assert MODELS.get('KeypointHead') is KeypointHead


def test_head__equals_its_layers_by_hand():
    head = small()
    head.init_weights()
    x = torch.randn(2, 3, 5, 6)
    first, second = head.convs
    by_hand = F.conv2d(x, first.weight, first.bias, padding=1).clamp(min=0)
    by_hand = F.conv2d(by_hand, second.weight, second.bias, padding=1)
    by_hand = F.conv_transpose2d(
        by_hand.clamp(min=0), head.deconv.weight, stride=2, padding=1
    )
    maps = head(x)
    assert maps.shape == (2, 2, 20, 24)
    # Bilinear, twice as large: 9/16, 3/16, 3/16 and 1/16 of four cells.
    a, b = by_hand[..., 2:4, 4], by_hand[..., 2:4, 5]
    near, far = a[..., 0], a[..., 1]
    mixed = (9 * near + 3 * far + 3 * b[..., 0] + b[..., 1]) / 16
    torch.testing.assert_close(maps[..., 5, 9], mixed)


def test_head__initial_weights():
    head = small(in_channels=64, conv_channels=64)
    for layer in (*head.convs, head.deconv):
        torch.nn.init.constant_(layer.bias, 3)
    head.init_weights()
    for layer in head.convs:
        # fan out: channels that come out x 9
        assert layer.weight.std().item() == pytest.approx(
            (2 / (64 * 9)) ** 0.5, rel=0.03
        )
        assert not layer.bias.any()
    assert not head.deconv.bias.any()


def test_head__of_nobody_still_has_gradients():
    head = small()
    maps = head(torch.zeros(0, 3, 14, 14))
    assert maps.shape == (0, 2, 56, 56)
    maps.sum().backward()
    assert all(p.grad is not None for p in head.parameters())


def test_head__gradients():
    head = small(num_convs=1).double()
    x = torch.randn(1, 3, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(head, (x,))


@pytest.mark.parametrize(
    'name',
    ['in_channels', 'num_keypoints', 'num_convs', 'conv_channels', 'upscale'],
)
def test_head__numbers_are_checked(name):
    with pytest.raises(ValueError, match=f'{name} must be at least 1, got 0'):
        small(**{name: 0})
