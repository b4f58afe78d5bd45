"""Clipping by parameter against the published loop over parameters."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mmssl.engine.optimizers.parameter_clip import (
    clip_each_,
    clip_parameters_,
)


def by_hand(gradient, max_norm):
    """One tensor at a time, in float64, as the published code says it."""
    wide = gradient.double()
    factor = max_norm / (float(wide.pow(2).sum()) ** 0.5 + 1e-6)
    return (wide * factor if factor < 1 else wide).to(gradient.dtype)


def gradients(dtype=torch.float32):
    numbers = torch.Generator().manual_seed(3)
    shapes = [(4, 3), (5,), (), (2, 2, 2), (0,), (1, 7)]
    scales = [9.0, 0.1, 40.0, 3.0, 1.0, 0.0]
    return [
        (torch.randn(shape, generator=numbers) * scale).to(dtype)
        for shape, scale in zip(shapes, scales)
    ]


@pytest.mark.parametrize('max_norm', [0.3, 3.0, 1000.0])
def test_clip_each__is_the_loop_over_tensors(max_norm):
    values = gradients()
    want = [by_hand(value, max_norm) for value in values]
    clip_each_(values, max_norm)
    for value, expected in zip(values, want):
        torch.testing.assert_close(value, expected, rtol=1e-6, atol=0)
    # each tensor by its own norm: none is larger, small ones are untouched
    assert all(value.norm() <= max_norm * 1.00001 for value in values)
    assert torch.equal(values[1], gradients()[1])


def test_clip_each__differs_from_one_norm_for_all():
    small, large = torch.tensor([1.0]), torch.tensor([300.0, 400.0])
    clip_each_([small, large], max_norm=3.0)
    torch.testing.assert_close(small, torch.tensor([1.0]), rtol=0, atol=0)
    torch.testing.assert_close(large, torch.tensor([1.8, 2.4]))


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_clip_each__half_precision_beside_single(dtype):
    # 300 values of 300: the square of the norm overflows float16
    half, single = torch.full((300,), 300.0, dtype=dtype), torch.ones(1)
    clip_each_([half, single], max_norm=3.0)
    assert half.dtype is dtype
    torch.testing.assert_close(
        half.float().norm(), torch.tensor(3.0), rtol=1e-2, atol=0
    )
    assert single.item() == 1


def test_clip_each__values_that_are_not_finite():
    nan, good = torch.tensor([float('nan'), 9.0]), torch.tensor([9.0])
    infinite = torch.tensor([float('inf'), 9.0])
    clip_each_([nan, infinite, good], max_norm=3.0)
    torch.testing.assert_close(nan[1], torch.tensor(9.0))
    assert torch.isnan(nan[0])
    assert torch.isnan(infinite[0])
    torch.testing.assert_close(good, torch.tensor([3.0]))


def test_clip_each__nothing_to_do():
    clip_each_([], max_norm=1.0)


def test_clip_each__sparse():
    table = nn.Embedding(4, 2, sparse=True)
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(RuntimeError, match=r'sparse one of shape \(4, 2\)'):
        clip_each_([table.weight.grad], max_norm=1.0)


def test_clip_parameters__changes_gradients_alone():
    layer = nn.Linear(2, 2)
    layer.weight.data.fill_(1.0)
    layer.weight.grad = torch.full((2, 2), 5.0)
    assert clip_parameters_(layer.parameters(), max_norm=1.0) is None
    torch.testing.assert_close(layer.weight.grad, torch.full((2, 2), 0.5))
    assert layer.bias.grad is None
    assert torch.equal(layer.weight.detach(), torch.ones(2, 2))
