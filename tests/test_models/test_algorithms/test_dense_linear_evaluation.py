import pytest
import torch
from mmpretrain.structures import DataSample

from mmssl.models.algorithms.dense_linear_evaluation import (
    DenseLinearEvaluation,
)
from mmssl.probes.cell_labels import cell_shares

NET = dict(type='ResNet', depth=18, base_channels=8, stem_channels=8)
VIEWS = [torch.randn(2, 3, 64, 32, generator=torch.Generator().manual_seed(0))]


def model(**options):
    torch.manual_seed(0)
    return DenseLinearEvaluation(
        backbone=dict(NET, out_indices=(2, 3)),
        head=dict(type='LinearProbe', num_classes=3, in_channels=64),
        **options,
    )


def samples(*masks):
    found = [DataSample() for _ in masks]
    for sample, mask in zip(found, masks):
        sample.gt_mask = mask
    return found


def masks():
    generator = torch.Generator().manual_seed(1)
    one = torch.randint(-1, 3, (20, 10), generator=generator)
    one[one < 0] = -100
    two = torch.randint(0, 3, (8, 7), generator=generator)
    return one, two


def test_loss__against_a_loop_and_only_the_head_learns():
    net = model()
    given = masks()
    losses = net.loss(VIEWS, samples(*given))
    maps = net.maps(VIEWS)
    assert maps.shape == (2, 64, 2, 1)
    total, weights, right = 0.0, 0.0, 0.0
    for one, mask in zip(maps, given):
        shares, known = cell_shares(mask, (2, 1), 3)
        for cell in range(2):
            logs = net.head(one[None, :, cell, 0])[0].log_softmax(0)
            total -= known[cell] * (shares[cell] * logs).sum()
            right += known[cell] * (logs.argmax() == shares[cell].argmax())
            weights += known[cell]
    assert losses['loss'].item() == pytest.approx((total / weights).item())
    assert losses['top1'].item() == pytest.approx(
        100 * (right / weights).item()
    )
    losses['loss'].backward()
    assert all(p.grad is None for p in net.backbone.parameters())
    assert net.head.linear.weight.grad.abs().sum() > 0


def test_predict__at_the_size_of_the_mask():
    net = model()
    given = masks()
    found = net.predict(VIEWS, samples(*given))
    assert [tuple(s.pred_mask.shape) for s in found] == [(20, 10), (8, 7)]
    logits = net.head(net.maps(VIEWS)[0].flatten(1).T)
    # The outer quarters of the height have one cell alone.
    assert (found[0].pred_mask[:5] == logits[0].argmax()).all()
    assert (found[0].pred_mask[15:] == logits[1].argmax()).all()


def test_stages_and_lambda():
    net = model(stages=(0, 1))
    assert net.maps(VIEWS).shape == (2, 32 + 64, 4, 2)
    torch.manual_seed(0)
    semantic = DenseLinearEvaluation(
        backbone=dict(NET, type='SemanticResNet'),
        head=dict(type='LinearProbe', num_classes=3, in_channels=64),
        semantic_weight=1.0,
    )
    with torch.no_grad():
        expected = semantic.backbone(VIEWS[0], semantic_weight=1.0)[-1]
        other = semantic.backbone(VIEWS[0])[-1]
    assert torch.allclose(semantic.maps(VIEWS), expected)
    assert not torch.allclose(other, expected)


def test_loss__without_labels_or_with_wrong_ones():
    net = model()
    none = torch.full((4, 4), -100)
    assert net.loss(VIEWS, samples(none, none))['loss'].item() == 0
    with pytest.raises(ValueError, match='2 data samples with a mask'):
        net.loss(VIEWS, samples(none))
    with pytest.raises(ValueError, match=r'below 3, .* got 3'):
        net.loss(VIEWS, samples(none, torch.full((4, 4), 3)))
