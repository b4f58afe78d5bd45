"""Both ways of enlarging piece by piece, against loops and the formula."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from mmssl.models.losses import upsampled_cross_entropy as module
from mmssl.models.losses.upsampled_cross_entropy import (
    upsampled_cross_entropy,
)

# (planes, classes, low size, full size): odd, equal, one cell, one pixel,
# and a target smaller than the logits.
SIZES = [
    (3, 5, (4, 6), (13, 21)),
    (2, 3, (4, 6), (4, 6)),
    (2, 3, (1, 4), (5, 9)),
    (1, 3, (3, 1), (1, 7)),
    (2, 3, (7, 8), (3, 4)),
]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """Several pieces even at these sizes, with remainders."""
    monkeypatch.setattr(module, 'TILE_HW', (4, 5))
    monkeypatch.setattr(module, 'GROUP_ELEMENTS', 2 * 5 * 13 * 21)


def make(size, dtype=torch.float64):
    planes, classes, low, full = size
    logits = (torch.randn(planes, classes, *low) * 3).to(dtype)
    target = torch.randint(0, classes, (planes, *full))
    weight = torch.rand(planes, *full).to(dtype)
    return logits.requires_grad_(), target, weight


def formula(logits, target, weight):
    large = F.interpolate(
        logits, target.shape[-2:], mode='bilinear', align_corners=True
    )
    nll = F.cross_entropy(large, target, reduction='none')
    return (nll * weight).sum((1, 2))


def bilinear_by_loop(plane, i, j, height, width):
    """Value of (h, w) ``plane`` at pixel (i, j) of H x W, corners aligned."""
    h, w = plane.shape
    y = i * (h - 1) / (height - 1) if height > 1 else 0.0
    x = j * (w - 1) / (width - 1) if width > 1 else 0.0
    y0, x0 = min(int(y), h - 1), min(int(x), w - 1)
    y1, x1 = min(y0 + 1, h - 1), min(x0 + 1, w - 1)
    a, b = y - y0, x - x0
    top = (1 - b) * plane[y0, x0] + b * plane[y0, x1]
    low = (1 - b) * plane[y1, x0] + b * plane[y1, x1]
    return (1 - a) * top + a * low


@pytest.mark.parametrize('tiled', [True, False])
def test_value__loop(tiled):
    logits, target, weight = make(SIZES[0])
    got = upsampled_cross_entropy(logits, target, weight, tiled).tolist()
    z, y, w = logits.detach().numpy(), target.numpy(), weight.numpy()
    for p in range(3):
        expected = 0.0
        for i, j in np.ndindex(13, 21):
            values = [bilinear_by_loop(c, i, j, 13, 21) for c in z[p]]
            total = math.log(sum(math.exp(v) for v in values))
            expected += w[p, i, j] * (total - values[y[p, i, j]])
        assert got[p] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize('tiled', [True, False])
@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize(
    ('dtype', 'rtol'), [(torch.float64, 1e-12), (torch.float32, 1e-5)]
)
def test_value_and_gradient__formula(tiled, size, dtype, rtol):
    logits, target, weight = make(size, dtype)
    scale = torch.rand(size[0]).to(dtype)
    expected = formula(logits, target, weight)
    wanted = torch.autograd.grad(expected @ scale, logits)[0]
    got = upsampled_cross_entropy(logits, target, weight, tiled)
    grad = torch.autograd.grad(got @ scale, logits)[0]
    torch.testing.assert_close(got, expected, rtol=rtol, atol=0)
    limit = rtol * wanted.abs().max().item()
    torch.testing.assert_close(grad, wanted, rtol=0, atol=limit)


@pytest.mark.parametrize('tiled', [True, False])
def test_gradcheck(tiled):
    logits, target, weight = make((2, 3, (2, 3), (5, 7)))
    assert torch.autograd.gradcheck(
        lambda x: upsampled_cross_entropy(x, target, weight, tiled), logits
    )


@pytest.mark.parametrize('tiled', [True, False])
def test_large_logits__stay_finite(tiled):
    logits, target, weight = make(SIZES[0], torch.float32)
    big = (logits.detach() * 300).requires_grad_()
    got = upsampled_cross_entropy(big, target, weight, tiled)
    got.sum().backward()
    expected = formula(big.detach(), target, weight)
    torch.testing.assert_close(got.detach(), expected, rtol=1e-5, atol=0)
    assert big.grad.isfinite().all()


@pytest.mark.parametrize('tiled', [True, False])
def test_input__is_not_changed(tiled):
    logits, target, weight = make(SIZES[1])
    before = logits.detach().clone()
    upsampled_cross_entropy(logits, target, weight, tiled).sum().backward()
    assert torch.equal(logits.detach(), before)


def test_without_gradient__same_value_and_no_graph():
    logits, target, weight = make(SIZES[0])
    expected = upsampled_cross_entropy(logits, target, weight, True)
    with torch.no_grad():
        got = upsampled_cross_entropy(logits, target, weight, True)
    assert not got.requires_grad
    assert torch.equal(got, expected.detach())


class Recorder(TorchDispatchMode):
    """Notes the largest tensor made, and reads of single values."""

    def __init__(self):
        super().__init__()
        self.largest = 0
        self.names = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.names.add(func.name())
        for x in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(x, torch.Tensor):
                self.largest = max(self.largest, x.numel())
        return out


@pytest.mark.parametrize('tiled', [True, False])
def test_no_full_size_tensor(tiled):
    size = (6, 5, (4, 6), (13, 21))
    logits, target, weight = make(size)
    with Recorder() as seen:
        upsampled_cross_entropy(logits, target, weight, tiled).sum().backward()
    assert seen.largest <= 2 * 5 * 13 * 21 < 6 * 5 * 13 * 21


def test_planes__device_is_never_waited_for():
    logits, target, weight = make(SIZES[0])
    with Recorder() as seen:
        upsampled_cross_entropy(logits, target, weight, False).sum().backward()
    assert 'aten::_local_scalar_dense' not in seen.names
    assert 'aten::nonzero' not in seen.names


def test_twice_differentiable__says_no():
    logits, target, weight = make(SIZES[0])
    loss = upsampled_cross_entropy(logits, target, weight, True).sum()
    with pytest.raises(RuntimeError, match='use chunked=False'):
        torch.autograd.grad(loss, logits, create_graph=True)


def test_tiles__margins_whose_exponentials_vanish(monkeypatch):
    """Neighbouring cells that are certain of different classes.

    Half-way between them all lowered logits are near -300: exp gives 0.
    """
    logits = torch.zeros(1, 3, 2, 6)
    logits[0, 0, :, ::2] = 600
    logits[0, 1, :, 1::2] = 600
    logits.requires_grad_()
    target = torch.randint(0, 3, (1, 9, 21))
    weight = torch.rand(1, 9, 21)
    fell_back = []
    exact = module._cross_entropy_
    monkeypatch.setattr(
        module,
        '_cross_entropy_',
        lambda *args: fell_back.append(args) or exact(*args),
    )
    got = upsampled_cross_entropy(logits, target, weight, True)
    assert fell_back
    (grad,) = torch.autograd.grad(got.sum(), logits)
    expected = formula(logits, target, weight)
    (expected_grad,) = torch.autograd.grad(expected.sum(), logits)
    torch.testing.assert_close(got, expected, rtol=1e-6, atol=0)
    torch.testing.assert_close(grad, expected_grad, rtol=1e-4, atol=1e-5)
