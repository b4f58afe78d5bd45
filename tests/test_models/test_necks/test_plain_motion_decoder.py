import torch

from mmssl.models.necks.plain_motion_decoder import PlainMotionDecoder


def test_forward__branches_side_by_side():
    net = PlainMotionDecoder(5, 4, pools=(1, 2)).eval()
    x = torch.randn(1, 5, 6, 7)
    out = net(x, skips=[torch.zeros(1, 2, 12, 14)])
    assert net.out_channels == out.shape[1] == 8
    # The first branch has no pool: it alone sees single cells.
    torch.testing.assert_close(out[:, :4], net.propagate.branches.pool1(x))
    torch.testing.assert_close(out, net.propagate(x))


def test_defaults__published():
    net = PlainMotionDecoder()
    shapes = [p.shape for p in net.parameters() if p.dim() == 4]
    assert shapes == [(128, 272, 3, 3), (128, 128, 3, 3)] * 3
    assert net.out_channels == 384
