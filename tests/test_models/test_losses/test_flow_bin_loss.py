"""The bin loss against torch's cross-entropy and loops."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmssl.models.losses.flow_bin_loss import (
    FlowBinLoss,
    flow_bin_loss,
    pixel_weight_sum,
)
from mmssl.registry import MODELS


def make(n=2, k=5, low=(3, 4), full=(9, 14), dtype=torch.float64):
    logits = torch.randn(n, 2 * k, *low, dtype=dtype) * 2
    bins = torch.randint(0, k, (n, 2, *full))
    return logits.requires_grad_(), bins


def published(logits, bins, weight=None):
    """CE(u's half) + CE(v's half) of logits enlarged to full size."""
    k = logits.shape[1] // 2
    large = F.interpolate(
        logits, bins.shape[-2:], mode='bilinear', align_corners=True
    )
    return F.cross_entropy(large[:, :k], bins[:, 0], weight) + F.cross_entropy(
        large[:, k:], bins[:, 1], weight
    )


@pytest.mark.parametrize('chunked', [True, False, 'auto'])
@pytest.mark.parametrize('zero_bin_weight', [1.0, 0.01])
@pytest.mark.parametrize(
    ('dtype', 'rtol'), [(torch.float64, 1e-12), (torch.float32, 1e-5)]
)
def test_value_and_gradient__published(chunked, zero_bin_weight, dtype, rtol):
    logits, bins = make(dtype=dtype)
    weight = torch.ones(5, dtype=dtype)
    weight[2] = zero_bin_weight
    expected = published(logits, bins, weight)
    wanted = torch.autograd.grad(expected, logits)[0]
    got = flow_bin_loss(
        logits, bins, zero_bin_weight=zero_bin_weight, chunked=chunked
    )
    grad = torch.autograd.grad(got, logits)[0]
    torch.testing.assert_close(got, expected, rtol=rtol, atol=0)
    limit = rtol * wanted.abs().max().item()
    torch.testing.assert_close(grad, wanted, rtol=0, atol=limit)


def test_value__99_bins_at_stride_8():
    logits, bins = make(2, 99, (5, 6), (37, 45), torch.float32)
    expected = published(logits, bins)
    wanted = torch.autograd.grad(expected, logits)[0]
    got = flow_bin_loss(logits, bins, chunked=True)
    grad = torch.autograd.grad(got, logits)[0]
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=0)
    limit = 1e-5 * wanted.abs().max().item()
    torch.testing.assert_close(grad, wanted, rtol=0, atol=limit)


@pytest.mark.parametrize('chunked', [True, False])
@pytest.mark.parametrize('reduction', ['mean', 'none'])
def test_gradcheck(chunked, reduction):
    logits, bins = make(2, 3, (2, 2), (3, 5))
    assert torch.autograd.gradcheck(
        lambda x: flow_bin_loss(
            x, bins, zero_bin_weight=0.3, chunked=chunked, reduction=reduction
        ),
        logits,
    )


@pytest.mark.parametrize('chunked', [True, False])
def test_weighted__loop(chunked):
    logits, bins = make(2, 3, (3, 4), (3, 4))  # no enlargement
    z, y = logits.detach().numpy(), bins.numpy()
    expected = 0.0
    for axis in range(2):
        total = norm = 0.0
        for n, i, j in np.ndindex(2, 3, 4):
            values = z[n, axis * 3 : axis * 3 + 3, i, j]
            k = y[n, axis, i, j]
            w = 0.01 if k == 1 else 1.0
            nll = math.log(sum(math.exp(v) for v in values)) - values[k]
            total, norm = total + w * nll, norm + w
        expected += total / norm
    got = flow_bin_loss(logits, bins, zero_bin_weight=0.01, chunked=chunked)
    assert got.item() == pytest.approx(expected, rel=1e-12)


def test_uniform_logits__two_log_of_bins():
    logits = torch.zeros(1, 198, 2, 2)
    bins = torch.full((1, 2, 4, 4), 49)  # zero flow everywhere
    for weight in (1.0, 0.01):
        loss = flow_bin_loss(logits, bins, zero_bin_weight=weight)
        assert loss.item() == pytest.approx(2 * math.log(99))


@pytest.mark.parametrize('chunked', [True, False])
@pytest.mark.parametrize('weight', [1.0, 0.1])
def test_none__each_sample_as_if_alone(chunked, weight):
    logits, bins = make(3)
    options = dict(zero_bin_weight=weight, chunked=chunked)
    losses = flow_bin_loss(logits, bins, reduction='none', **options)
    alone = [
        flow_bin_loss(logits[n : n + 1], bins[n : n + 1], **options)
        for n in range(3)
    ]
    torch.testing.assert_close(losses, torch.stack(alone))
    if weight == 1:
        mean = flow_bin_loss(logits, bins, **options)
        torch.testing.assert_close(losses.mean(), mean)


@pytest.mark.parametrize('chunked', [True, False])
@pytest.mark.parametrize('dtype', [torch.bfloat16, torch.float16])
def test_half_precision__computed_in_float32(chunked, dtype):
    logits, bins = make(2, 9, (4, 4), (16, 16), torch.float32)
    half = logits.detach().to(dtype).requires_grad_()
    with torch.autocast('cpu', dtype=torch.bfloat16):
        loss = flow_bin_loss(half, bins, chunked=chunked)
    loss.backward()
    exact = half.detach().float().requires_grad_()
    expected = published(exact, bins)
    expected.backward()
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=0)
    torch.testing.assert_close(half.grad, exact.grad.to(dtype))


@pytest.mark.slow  # torch.compile itself
def test_compiled__same_value_and_gradient():
    logits, bins = make(dtype=torch.float32)

    def objective(x):
        return flow_bin_loss(x * 2, bins, chunked=True) + x.square().mean()

    expected = torch.autograd.grad(objective(logits), logits)[0]
    compiled = torch.compile(objective, backend='aot_eager')
    got = torch.autograd.grad(compiled(logits), logits)[0]
    torch.testing.assert_close(got, expected)


def test_auto__small_targets_take_the_formula(monkeypatch):
    monkeypatch.setattr(
        'mmssl.models.losses.flow_bin_loss.upsampled_cross_entropy',
        lambda *args: pytest.fail('pieces'),
    )
    logits, bins = make()
    expected = published(logits, bins)
    torch.testing.assert_close(flow_bin_loss(logits, bins), expected)


def test_module__factor_and_registry():
    cfg = dict(type='mmssl.FlowBinLoss', zero_bin_weight=0.5, loss_weight=3.0)
    loss = MODELS.build(cfg)
    assert isinstance(loss, FlowBinLoss)
    logits, bins = make()
    expected = 3 * flow_bin_loss(logits, bins, zero_bin_weight=0.5)
    torch.testing.assert_close(loss(logits, bins), expected)


@pytest.mark.parametrize('weight', [0, -1.0, math.nan])
def test_module__weight_is_positive(weight):
    with pytest.raises(ValueError, match='zero_bin_weight must be positive'):
        FlowBinLoss(zero_bin_weight=weight)


@pytest.mark.parametrize(
    ('logits', 'bins', 'message'),
    [
        ((2, 10, 3, 3), (2, 3, 9, 9), r'bins.*\(2, 3, 9, 9\)'),
        ((1, 10, 3, 3), (2, 2, 9, 9), r'logits.*N = 2.*\(1, 10, 3, 3\)'),
        ((2, 8, 3, 3), (2, 2, 9, 9), r'K odd.*\(2, 8, 3, 3\)'),
        ((2, 10, 3), (2, 2, 9, 9), r'logits.*\(2, 10, 3\)'),
    ],
)
def test_shapes__named(logits, bins, message):
    with pytest.raises(ValueError, match=message):
        flow_bin_loss(torch.zeros(logits), torch.zeros(bins).long())


def test_options__listed():
    logits, bins = make()
    with pytest.raises(ValueError, match='valid: mean, none'):
        flow_bin_loss(logits, bins, reduction='sum')
    with pytest.raises(ValueError, match="valid: 'auto', False, True"):
        flow_bin_loss(logits, bins, chunked='yes')


@pytest.mark.parametrize('chunked', [True, False])
def test_weight_sum__parts_of_a_batch_average_to_the_whole(chunked):
    # What two processes do: each a half, divided by the mean sum of weights.
    torch.manual_seed(3)
    logits = torch.randn(4, 10, 3, 4)
    bins = torch.randint(0, 5, (4, 2, 9, 11))
    bins[:2] = torch.where(bins[:2] < 4, 2, bins[:2])  # a half that rests
    options = dict(zero_bin_weight=0.2, chunked=chunked)
    whole = flow_bin_loss(logits, bins, **options)
    sums = [
        pixel_weight_sum(half, 5, 0.2, torch.float32)
        for half in (bins[:2], bins[2:])
    ]
    assert not torch.allclose(*sums)
    mean = (sums[0] + sums[1]) / 2
    halves = [
        flow_bin_loss(logits[s], bins[s], weight_sum=mean, **options)
        for s in (slice(0, 2), slice(2, 4))
    ]
    torch.testing.assert_close(sum(halves) / 2, whole)
