import pytest
import torch
from torch.nn import functional as F

from mmssl.probes.linear_fit import choose_l2, fit_linear


def blobs(per_class=40, spread=0.5, seed=0):
    """Three classes around the corners of a triangle, on other scales."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(3).repeat(per_class)
    noise = torch.randn(len(labels), 3, generator=generator)
    return (torch.eye(3)[labels] + spread * noise) * torch.tensor(
        [1.0, 100.0, 0.01]
    ) + 7, labels


def test_fit__is_the_minimum():
    """The gradient of the penalised loss is zero, by autograd."""
    x, y = blobs()
    l2 = 0.03
    fit = fit_linear(x, y, 4, l2)  # a class that does not occur
    weight = fit.weight.double().requires_grad_()
    bias = fit.bias.double().requires_grad_()
    z = ((x - x.mean(0)) / x.std(0, unbiased=False)).double()
    loss = F.cross_entropy(z @ weight.T + bias, y)
    loss = loss + l2 / 2 * weight.pow(2).sum()
    loss.backward()
    assert weight.grad.abs().max() < 1e-4
    # no penalty on the bias: that of the absent class goes to -inf
    assert bias.grad.abs().max() < 1e-3
    assert (fit.predict(x) == y).float().mean() > 0.8


def test_fit__predicts_by_training_scales_and_repeats():
    x, y = blobs(spread=0.05)
    fit = fit_linear(x, y, 3)
    assert torch.equal(fit.predict(x), y)
    assert torch.equal(fit.predict(x[:2]), y[:2])
    again = fit_linear(x, y, 3)
    assert torch.equal(fit.weight, again.weight)


def test_fit__a_strong_penalty_leaves_the_most_frequent_class():
    x, y = blobs()
    keep = (y == 1) | (torch.arange(len(y)) < 30)
    fit = fit_linear(x[keep], y[keep], 3, l2=1e4)
    assert fit.predict(x).unique().tolist() == [1]


def test_fit__a_constant_channel_does_no_harm():
    x, y = blobs(spread=0.05)
    x[:, 0] = 5
    fit = fit_linear(x, y, 3)
    assert torch.isfinite(fit.weight).all()
    assert (fit.predict(x) == y).float().mean() > 0.6


def test_choose__by_images_held_out():
    """Labels are noise but equal in an image: only the prior is left."""
    generator = torch.Generator().manual_seed(0)
    groups = torch.arange(200).repeat_interleave(3)
    labels = (torch.arange(200) % 4 == 0).long().repeat_interleave(3)
    x = 0.1 * torch.randn(600, 160, generator=generator)
    x += torch.randn(200, 160, generator=generator).repeat_interleave(3, 0)
    assert choose_l2(x, labels, groups, 2, choices=(1e-4, 10.0)) == 10.0
    x, y = blobs(spread=0.02)
    keep = (y == 1) | (torch.arange(len(y)) % 4 == 0)
    x, y, images = x[keep], y[keep], torch.arange(int(keep.sum()))
    assert choose_l2(x, y, images, 3, choices=(1e-4, 1e5)) == 1e-4
    one_image = torch.zeros(len(y), dtype=torch.int64)
    assert choose_l2(x, y, one_image, 3, choices=(1.0, 3.0, 2.0)) == 2.0


def test_errors():
    x, y = blobs()
    with pytest.raises(ValueError, match=r'labels must be in 0 .. 1 .*0 .. 2'):
        fit_linear(x, y, 2)
    with pytest.raises(ValueError, match=r'with M >= 1, got \(0, 3\)'):
        fit_linear(x[:0], y[:0], 3)
    with pytest.raises(ValueError, match='l2 must be > 0, got 0'):
        fit_linear(x, y, 3, l2=0)
    x[3, 1] = torch.nan
    with pytest.raises(ValueError, match='of 1 of 120 rows are not finite'):
        fit_linear(x, y, 3)


def test_fit__shares_of_classes_as_labels():
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(40, 3, generator=generator)
    labels = torch.randint(3, (40,), generator=generator)
    hard = fit_linear(rows, labels, 3, 0.1)
    same = fit_linear(rows, torch.eye(3)[labels], 3, 0.1)
    assert torch.allclose(same.weight, hard.weight, atol=1e-5)
    assert torch.equal(hard.logits(rows).argmax(1), hard.predict(rows))
    # Half of each class is the same as each row twice, once with either.
    twice = fit_linear(
        torch.cat([rows, rows]), torch.cat([labels, (labels + 1) % 3]), 3, 0.1
    )
    mixed = (torch.eye(3)[labels] + torch.eye(3)[(labels + 1) % 3]) / 2
    both = fit_linear(rows, mixed, 3, 0.1)
    assert torch.allclose(both.weight, twice.weight, atol=1e-3)
    with pytest.raises(ValueError, match=r'sum to 1 .* sums in 2 \.\. 2'):
        fit_linear(rows, 2 * mixed, 3, 0.1)
    with pytest.raises(ValueError, match=r'shares must be \(M, 4\)'):
        fit_linear(rows, mixed, 4, 0.1)
