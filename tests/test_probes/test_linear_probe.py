import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample

from mmssl.probes.linear_probe import LinearProbe
from mmssl.registry import MODELS


def labelled(*labels):
    return [
        DataSample() if i is None else DataSample().set_gt_label(i)
        for i in labels
    ]


def naive_losses(probe, rows, labels):
    """Cross-entropy and accuracy, row by row."""
    weight = probe.linear.weight.detach().double().numpy()
    bias = probe.linear.bias.detach().double().numpy()
    losses, right = [], []
    for row, label in zip(rows.double().numpy(), labels):
        logits = weight @ row + bias
        odds = np.exp(logits - logits.max())
        losses.append(-np.log(odds[label] / odds.sum()))
        right.append(logits.argmax() == label)
    return np.mean(losses), 100 * np.mean(right)


def test_loss__of_two_views_against_a_naive_loop():
    probe = LinearProbe(4, 6, loss_weight=0.5)
    views = [torch.randn(5, 6), torch.randn(5, 6)]
    labels = [0, 3, 1, 1, 2]
    found = probe.loss(views, labelled(*labels))
    loss, top1 = naive_losses(probe, torch.cat(views), 2 * labels)
    assert found['probe_loss'].item() == pytest.approx(0.5 * loss, rel=1e-6)
    assert found['probe_top1'].item() == pytest.approx(top1)
    # the views in one pass are the same
    again = probe.loss([torch.cat(views)], labelled(*labels))
    assert torch.equal(again['probe_loss'], found['probe_loss'])


def test_loss__unlabelled_rows_count_for_nothing():
    probe = LinearProbe(4, 6, unlabelled='ignore')
    rows = torch.randn(4, 6)
    found = probe.loss([rows], labelled(2, None, 0, None))
    loss, top1 = naive_losses(probe, rows[[0, 2]], [2, 0])
    assert found['probe_loss'].item() == pytest.approx(loss, rel=1e-6)
    assert found['probe_top1'].item() == pytest.approx(top1)


def test_loss__without_any_label_is_a_zero_in_the_graph():
    probe = LinearProbe(4, 6, unlabelled='ignore')
    found = probe.loss([torch.randn(2, 6)], labelled(None, None))
    assert found['probe_loss'].item() == 0
    assert found['probe_top1'].isnan()
    found['probe_loss'].backward()
    assert (probe.linear.weight.grad == 0).all()


def test_loss__labels_that_do_not_fit():
    probe = LinearProbe(4, 6)
    with pytest.raises(ValueError, match='have no gt_label'):
        probe.loss([torch.randn(2, 6)], labelled(1, None))
    with pytest.raises(ValueError, match='got 4: set num_classes'):
        probe.loss([torch.randn(2, 6)], labelled(1, 4))


@pytest.mark.parametrize('rows', [0, 3])
def test_loss__no_whole_views(rows):
    features = [torch.randn(rows, 6)] if rows else []
    with pytest.raises(ValueError, match=f'made {rows} rows of 2 images'):
        LinearProbe(4, 6).loss(features, labelled(0, 1))


def test_pool__chooses_the_stage_and_cuts_the_graph():
    maps = [torch.randn(2, c, 3, 3, requires_grad=True) * 2 for c in (4, 6, 5)]
    pooled = LinearProbe(2, 6, stage=1).pool(tuple(maps))
    assert not pooled.requires_grad
    assert torch.allclose(pooled, maps[1].mean((2, 3)))
    with pytest.raises(ValueError, match='set in_channels=5'):
        LinearProbe(2, 6).pool(tuple(maps))
    with pytest.raises(ValueError, match='set in_channels=5'):
        LinearProbe(2, 6)(torch.zeros(3, 5))  # as the hook asks it


def test_forward__batch_norm_makes_the_size_of_features_irrelevant():
    probe = LinearProbe(3, 8, batch_norm=True)
    assert {n for n, _ in probe.named_parameters()} == {
        'linear.weight',
        'linear.bias',
    }
    rows = torch.randn(64, 8) + 3
    logits = probe(rows)
    even = (rows - rows.mean(0)) / rows.std(0, unbiased=False)
    expected = even @ probe.linear.weight.T + probe.linear.bias
    assert torch.allclose(logits, expected, atol=1e-4)
    assert torch.allclose(probe(1000 * rows), expected, atol=1e-3)
    probe.eval()  # as evaluation does: statistics of what was seen
    assert torch.allclose(
        probe(rows[:1]),
        probe.linear(
            (rows[:1] - probe.norm.running_mean)
            / (probe.norm.running_var + 1e-5).sqrt()
        ),
        atol=1e-5,
    )


def test_forward__float32_under_autocast():
    probe, rows = LinearProbe(3, 8), torch.randn(4, 8)
    expected = rows @ probe.linear.weight.T + probe.linear.bias
    with torch.autocast('cpu', torch.bfloat16):
        logits = probe(rows)
    assert logits.dtype == torch.float32
    assert torch.allclose(logits, expected, atol=1e-6)


def test_init__draws_nothing_from_the_run():
    before = torch.get_rng_state()
    MODELS.build(dict(type='LinearProbe', num_classes=10, in_channels=64))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    'wrong',
    [dict(num_classes=1), dict(in_channels=0), dict(loss_weight=0)],
)
def test_init__out_of_range(wrong):
    options = {**dict(num_classes=3, in_channels=4), **wrong}
    with pytest.raises(ValueError, match='num_classes must be >= 2, in_ch'):
        LinearProbe(**options)
