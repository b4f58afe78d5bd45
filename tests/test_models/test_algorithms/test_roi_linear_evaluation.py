import math

import pytest
import torch
from mmpretrain.structures import DataSample
from torch import nn
from torch.nn import functional as F
from torchvision.ops import roi_align

from mmssl.models.algorithms import RoILinearEvaluation
from mmssl.probes import LinearProbe

CHANNELS = (4, 6)


class Backbone(nn.Module):
    """Two maps, of stride 2 and 4, after a batch normalisation."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.first = nn.Conv2d(3, CHANNELS[0], 2, stride=2)
        self.second = nn.Conv2d(CHANNELS[0], CHANNELS[1], 2, stride=2)

    def forward(self, x):
        first = self.first(self.norm(x))
        return first, self.second(first)


def build(region=None, channels=CHANNELS[1], **kwargs):
    return RoILinearEvaluation(
        backbone=Backbone(),
        region=region or dict(type='mmssl.RoIRegions'),
        head=LinearProbe(3, channels),
        **kwargs,
    )


def sample(boxes, labels):
    found = DataSample().set_gt_label(torch.tensor(labels, dtype=torch.int64))
    found.gt_boxes = torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4)
    return found


def batch():
    return torch.randn(3, 3, 16, 24), [
        sample([[0, 0, 8, 8], [4, 2, 20, 14]], [1, 2]),
        sample([], []),
        sample([[2, 3, 9, 15]], [0]),
    ]


ROWS = torch.tensor(
    [[0, 0, 0, 8, 8], [0, 4, 2, 20, 14], [2, 2, 3, 9, 15]],
    dtype=torch.float32,
)


def test_loss__assembled_by_hand():
    net = build(statistics='running').train()
    images, samples = batch()
    found = net(images, samples, mode='loss')
    maps = net.backbone(images)  # its norm is in evaluation mode
    vectors = roi_align(maps[1], ROWS, 1, 1 / 4).flatten(1)
    logits = net.head(vectors)
    labels = torch.tensor([1, 2, 0])
    torch.testing.assert_close(found['loss'], F.cross_entropy(logits, labels))
    predicted = net(images, samples, mode='predict')
    best = [one.pred_label.tolist() for one in predicted]
    a, b, c = logits.argmax(1).tolist()
    assert best == [[a, b], [], [c]]


def test_statistics__of_the_batch_while_running_ones_follow():
    """Oracle: batch norm computed by hand, momentum 0.1, variance n - 1."""
    net = build().train()  # 'batch' is the default
    images, samples = batch()
    images = 3 * images + 5
    mean = images.mean((0, 2, 3))
    count = images.numel() // 3
    centred = images - mean[:, None, None]
    var = centred.pow(2).mean((0, 2, 3))
    found = net.features(images, samples)
    whitened = centred / (var + 1e-5).sqrt()[:, None, None]
    maps = net.backbone.second(net.backbone.first(whitened))
    expected = roi_align(maps, ROWS, 1, 1 / 4).flatten(1)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    norm = net.backbone.norm
    torch.testing.assert_close(norm.running_mean, 0.1 * mean)
    unbiased = var * count / (count - 1)
    torch.testing.assert_close(norm.running_var, 0.9 + 0.1 * unbiased)
    net.eval()  # the running statistics, which stay
    before = norm.running_mean.clone(), norm.running_var.clone()
    found = net.features(images, samples)
    running = (images - before[0][:, None, None]) / (before[1] + 1e-5).sqrt()[
        :, None, None
    ]
    maps = net.backbone.second(net.backbone.first(running))
    expected = roi_align(maps, ROWS, 1, 1 / 4).flatten(1)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert torch.equal(norm.running_mean, before[0])
    assert torch.equal(norm.running_var, before[1])


def test_pyramid__levels_side_by_side():
    """Oracle: the pyramid by hand, and RoIAlign on each of its levels."""
    region = dict(
        type='mmssl.FPNRegions',
        in_channels=CHANNELS,
        out_channels=5,
        levels='concat',
    )
    net = build(region, channels=10).eval()
    images, samples = batch()
    found = net.features(images, samples)
    fine, coarse = net.backbone(images)
    fpn = net.region.fpn
    inner = [conv[0] for conv in fpn.inner_blocks]
    outer = [conv[0] for conv in fpn.layer_blocks]
    top = inner[1](coarse)
    bottom = inner[0](fine) + F.interpolate(top, scale_factor=2)
    expected = torch.cat(
        [
            roi_align(outer[0](bottom), ROWS, 1, 1 / 2).flatten(1),
            roi_align(outer[1](top), ROWS, 1, 1 / 4).flatten(1),
        ],
        dim=1,
    )
    torch.testing.assert_close(found, expected)
    trained = [n for n, p in net.named_parameters() if p.requires_grad]
    assert trained == ['head.linear.weight', 'head.linear.bias']


def test_training__finds_the_class_of_a_colour():
    """Boxes of three colours: a linear head on frozen noise tells them."""
    torch.manual_seed(0)
    net = build(statistics='running').train()
    optimizer = torch.optim.SGD(net.head.parameters(), lr=2.0, momentum=0.9)
    samples = [sample([[8 * k, 0, 8 * k + 8, 16]], [k]) for k in range(3)]
    images = torch.zeros(3, 3, 16, 24)
    for k in range(3):
        images[k, k, :, 8 * k : 8 * k + 8] = 1
    for _ in range(100):
        losses = net(images, samples, mode='loss')
        optimizer.zero_grad()
        losses['loss'].backward()
        optimizer.step()
    assert losses['top1'].item() == 100
    assert losses['loss'].item() < math.log(3) / 3


def test_batch__without_any_box():
    net = build().train()
    images, _ = batch()
    losses = net(images[:1], [sample([], [])], mode='loss')
    losses['loss'].backward()
    assert losses['loss'].item() == 0
    assert float(net.head.linear.weight.grad.abs().sum()) == 0


def test_preprocessor__pads_images_of_several_sizes():
    net = build(
        data_preprocessor=dict(mean=[1] * 3, std=[2] * 3, pad_size_divisor=8)
    )
    images = [torch.full((3, 10, 20), 5), torch.full((3, 16, 9), 3)]
    data = net.data_preprocessor(dict(inputs=images, data_samples=[1, 2]))
    assert data['inputs'].shape == (2, 3, 16, 24)
    assert data['inputs'][0].sum() == 2 * 3 * 10 * 20
    assert data['inputs'][1].sum() == 1 * 3 * 16 * 9


def test_errors():
    images, samples = batch()
    with pytest.raises(ValueError, match='no data samples to take boxes'):
        build()(images, None, mode='loss')
    with pytest.raises(ValueError, match='has no gt_boxes and no gt_label'):
        build()(images, [DataSample()], mode='loss')
    samples[0].set_gt_label(torch.tensor([1]))
    with pytest.raises(ValueError, match='3 boxes, but 2 labels'):
        build()(images, samples, mode='loss')
    samples[0].set_gt_label(torch.tensor([1, 3]))
    with pytest.raises(ValueError, match=r'0 .. 2 .*got 3'):
        build()(images, samples, mode='loss')
    with pytest.raises(ValueError, match=r'set model.head.in_channels=6'):
        build(channels=4)(images, samples, mode='loss')
    stride = dict(type='mmssl.RoIRegions', stride=8)
    with pytest.raises(ValueError, match='8'):
        build(stride)(images, samples, mode='loss')
    pyramid = dict(
        type='mmssl.FPNRegions', in_channels=CHANNELS, levels='concat'
    )
    with pytest.raises(ValueError, match=r'head.in_channels=512'):
        build(pyramid, channels=10)
