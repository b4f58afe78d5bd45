import pytest
import torch
from mmpretrain.structures import DataSample
from torch import nn
from torch.nn import functional as F

from mmssl.models.algorithms import LinearEvaluation
from mmssl.registry import MODELS


def tiny(**kwargs):
    return LinearEvaluation(
        backbone=nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)),
        head=dict(type='mmssl.LinearProbe', num_classes=3, in_channels=4),
        **kwargs,
    )


def samples(labels):
    return [DataSample().set_gt_label(label) for label in labels]


def test_loss__assembled_by_hand():
    net = tiny().train()
    images = torch.randn(3, 3, 8, 8)
    found = net([images], samples([2, 0, 1]), mode='loss')
    net.backbone.eval()  # as published: running statistics
    pooled = net.backbone(images).mean((2, 3))
    logits = pooled @ net.head.linear.weight.T + net.head.linear.bias
    labels = torch.tensor([2, 0, 1])
    torch.testing.assert_close(found['loss'], F.cross_entropy(logits, labels))
    share = (logits.argmax(1) == labels).float().mean()
    torch.testing.assert_close(found['top1'], 100 * share)
    torch.testing.assert_close(net(images), logits)
    predicted = net([images], samples([2, 0, 1]), mode='predict')
    best = [int(sample.pred_label) for sample in predicted]
    assert best == logits.argmax(1).tolist()
    assert [int(sample.gt_label) for sample in predicted] == [2, 0, 1]


def test_finetune__gradients_reach_the_backbone():
    net = tiny(finetune=True).train()
    net([torch.randn(2, 3, 8, 8)], samples([2, 0]), mode='loss')[
        'loss'
    ].backward()
    assert all(p.grad.abs().sum() > 0 for p in net.head.parameters())
    assert net.backbone[1].weight.grad.abs().sum() > 0


def test_preprocessor__that_of_one_view():
    net = tiny()
    images = torch.full((2, 3, 8, 8), 255, dtype=torch.uint8)
    batch = net.data_preprocessor(
        dict(inputs=[images], data_samples=samples([0, 1]))
    )
    assert float(batch['inputs'][0].max()) == pytest.approx(2.64, abs=1e-3)
    assert set(net(**batch, mode='loss')) == {'loss', 'top1'}


@pytest.mark.parametrize(
    'backbone',
    [
        dict(type='ResNet', depth=18, out_indices=(1, 3)),
        dict(type='MobileNetV2', widen_factor=0.35),
        dict(
            type='VisionTransformer',
            arch='deit-tiny',
            img_size=32,
            patch_size=16,
            out_type='featmap',
        ),
    ],
    ids=lambda backbone: backbone['type'],
)
def test_backbone__any_of_mmpretrain(backbone):
    channels = dict(ResNet=512, MobileNetV2=1280, VisionTransformer=192)
    net = LinearEvaluation(
        backbone=backbone,
        head=dict(
            type='mmssl.LinearProbe',
            num_classes=3,
            in_channels=channels[backbone['type']],
        ),
    ).train()
    norms = (nn.BatchNorm2d, nn.Dropout)
    parts = [p for p in net.backbone.modules() if isinstance(p, norms)]
    assert not [part for part in parts if part.training]
    loss = net(torch.randn(2, 3, 32, 32), samples([0, 2]), mode='loss')
    loss['loss'].backward()
    assert not [p for p in net.backbone.parameters() if p.requires_grad]


def test_errors():
    net = tiny()
    images = torch.zeros(2, 3, 8, 8)
    with pytest.raises(ValueError, match='one view of each image, got 2'):
        net([images, images], samples([0, 1]), mode='loss')
    with pytest.raises(ValueError, match='have no gt_label'):
        net([images], [DataSample(), DataSample()], mode='loss')
    with pytest.raises(ValueError, match=r'0 .. 2 .*got 3'):
        net([images], samples([0, 3]), mode='loss')
    with pytest.raises(TypeError, match='backbone must be a config'):
        LinearEvaluation(backbone='resnet50', head=nn.Identity())
    assert MODELS.get('LinearEvaluation') is LinearEvaluation
