import pytest
import torch
import torch.nn.functional as F

from mmssl.models.necks.motion_encoder import MotionEncoder


def by_hand(net, x, a, b, c):
    """conv5x5(a)-BN-relu-maxpool(b)-conv3x3-BN-relu-avgpool(c), in eval."""
    for block, stride, padding in ((net.conv1, a, 2), (net.conv2, 1, 1)):
        conv, bn = block[0], block[1]
        x = F.conv2d(x, conv.weight, conv.bias, stride, padding)
        x = (x - bn.running_mean.view(-1, 1, 1)) / (
            bn.running_var.view(-1, 1, 1) + 1e-5
        ).sqrt()
        x = x * bn.weight.view(-1, 1, 1) + bn.bias.view(-1, 1, 1)
        x = x.clamp(min=0)
        pool = F.max_pool2d if block is net.conv1 else F.avg_pool2d
        x = pool(x, b if block is net.conv1 else c)
    return x


@pytest.mark.parametrize(
    'strides', [(2, 2, 2), (2, 2, 8), (2, 2, 4), (1, 2, 2), (4, 1, 1)]
)
def test_forward__stages(strides):
    net = MotionEncoder(strides, channels=6).eval()
    for block in (net.conv1, net.conv2):
        block[1].running_mean.normal_()
        block[1].running_var.uniform_(0.5, 2)
    x = torch.randn(2, 4, 64, 96)
    out = net(x)
    stride = strides[0] * strides[1] * strides[2]
    assert net.stride == stride
    assert out.shape == (2, 6, 64 // stride, 96 // stride)
    torch.testing.assert_close(out, by_hand(net, x, *strides))


def test_defaults__published():
    net = MotionEncoder()
    assert net.conv1[0].weight.shape == (16, 4, 5, 5)
    assert net.conv2[0].weight.shape == (16, 16, 3, 3)
    assert (net.stride, net.out_channels) == (8, 16)


def test_influence__a_point_reaches_its_surroundings_only():
    net = MotionEncoder((2, 2, 2), channels=2, norm_cfg=None).eval()
    x = torch.zeros(1, 4, 64, 64)
    base = net(x)
    x[0, :, 36, 20] = 10.0
    moved = (net(x) - base).abs().amax((0, 1)) > 0
    rows, columns = moved.nonzero().unbind(1)
    # Cell 36 // 8 = 4, 20 // 8 = 2, and at most one neighbour.
    assert set(rows.tolist()) <= {3, 4, 5}
    assert set(columns.tolist()) <= {1, 2, 3}
    assert moved.any()


@pytest.mark.parametrize('strides', [(2, 2), (2, 2, 0), (2, 2, 1.5)])
def test_strides__three_whole_numbers(strides):
    with pytest.raises(ValueError, match='three whole numbers'):
        MotionEncoder(strides)
