"""2 - 2 cos against loops, its gradient, and what half precision does."""

import math

import pytest
import torch

from mmssl.models.losses import NormalizedL2Loss
from mmssl.models.losses.normalized_l2_loss import normalized_l2_loss


def by_hand(online, target):
    """The squared distance of unit vectors, row by row."""
    total = 0.0
    for a, b in zip(online.tolist(), target.tolist()):
        na, nb = (math.sqrt(sum(x * x for x in v)) for v in (a, b))
        total += sum((x / na - y / nb) ** 2 for x, y in zip(a, b))
    return total / len(online)


def test_loss__distance_of_unit_vectors():
    a, b = torch.randn(2, 7, 5, dtype=torch.float64)
    assert float(normalized_l2_loss(a, b)) == pytest.approx(by_hand(a, b))
    module = NormalizedL2Loss(loss_weight=0.5)
    assert float(module(3 * a, 7 * b)) == pytest.approx(by_hand(a, b) / 2)


def test_gradient__of_the_online_side_alone():
    a, b = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    a, b = a.detach().requires_grad_(), b.detach().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: normalized_l2_loss(x, b), a)
    normalized_l2_loss(a, b).backward()
    assert b.grad is None


def test_half_precision__is_computed_in_float32():
    a, b = torch.randn(2, 16, 256)
    exact = normalized_l2_loss(a.half().double(), b.half().double())
    loss = normalized_l2_loss(a.half(), b.half())
    assert loss.dtype == torch.float32
    assert float(loss) == pytest.approx(float(exact), rel=1e-6)
    with torch.autocast('cpu', torch.bfloat16):
        loss = normalized_l2_loss(a, b)
    assert float(loss) == pytest.approx(by_hand(a, b), rel=1e-6)


def test_no_rows__zero_in_the_graph():
    a = torch.zeros(0, 3, requires_grad=True)
    loss = normalized_l2_loss(2 * a, torch.zeros(0, 3))
    loss.backward()
    assert loss.item() == 0.0
    assert a.grad.shape == (0, 3)


@pytest.mark.parametrize(
    'shapes', [((2, 3), (3, 3)), ((3,), (3,)), ((2, 3, 1), (2, 3, 1))]
)
def test_shapes__that_do_not_fit(shapes):
    a, b = (torch.zeros(shape) for shape in shapes)
    with pytest.raises(ValueError, match='must both be') as error:
        normalized_l2_loss(a, b)
    assert str(tuple(b.shape)) in str(error.value)
