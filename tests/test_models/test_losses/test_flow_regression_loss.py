"""Regression losses against loops."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mmssl.models.losses.flow_regression_loss import (
    FlowL2Loss,
    FlowSmoothL1Loss,
    flow_regression_loss,
)
from mmssl.registry import MODELS


def make():
    flow = torch.randn(2, 2, 3, 4, dtype=torch.float64) * 2
    return flow.requires_grad_(), torch.randn(2, 2, 7, 9).double() * 2


def by_loop(flow, target, beta):
    large = F.interpolate(
        flow.detach(), (7, 9), mode='bilinear', align_corners=True
    ).numpy()
    terms = np.zeros((2, 2, 7, 9))
    for index in np.ndindex(*terms.shape):
        d = abs(large[index] - target.numpy()[index])
        if beta is None:
            terms[index] = d * d
        elif d < beta:
            terms[index] = d * d / (2 * beta)
        else:
            terms[index] = d - beta / 2
    return terms


@pytest.mark.parametrize('beta', [None, 1.0, 0.25])
def test_value__loop(beta):
    flow, target = make()
    terms = by_loop(flow, target, beta)
    loss = flow_regression_loss(flow, target, beta=beta)
    assert loss.item() == pytest.approx(terms.mean(), rel=1e-12)
    each = flow_regression_loss(flow, target, beta=beta, reduction='none')
    assert each.tolist() == pytest.approx(terms.mean((1, 2, 3)).tolist())


@pytest.mark.parametrize('beta', [None, 1.0])
def test_gradcheck(beta):
    flow, target = make()
    assert torch.autograd.gradcheck(
        lambda x: flow_regression_loss(x, target, beta=beta), flow
    )


@pytest.mark.parametrize(
    ('cfg', 'beta'),
    [
        (dict(type='mmssl.FlowSmoothL1Loss', beta=0.5, loss_weight=2), 0.5),
        (dict(type='mmssl.FlowL2Loss', loss_weight=2), None),
    ],
)
def test_modules(cfg, beta):
    flow, target = make()
    expected = 2 * flow_regression_loss(flow, target, beta=beta)
    torch.testing.assert_close(MODELS.build(cfg)(flow, target), expected)


def test_half_precision__computed_in_float32():
    flow, target = make()
    for loss in (FlowSmoothL1Loss(), FlowL2Loss()):
        value = loss(flow.detach().bfloat16(), target.float())
        expected = loss(flow.detach().bfloat16().float(), target.float())
        assert value.dtype == torch.float32
        torch.testing.assert_close(value, expected)


def test_zero_flow__zero_loss():
    zero = torch.zeros(1, 2, 4, 4)
    assert FlowL2Loss()(zero, zero) == 0
    assert FlowSmoothL1Loss()(zero, zero) == 0


@pytest.mark.parametrize('shape', [(2, 3, 3, 4), (1, 2, 3, 4), (2, 2, 3)])
def test_shapes__named(shape):
    with pytest.raises(ValueError, match='flow and target must have shapes'):
        flow_regression_loss(torch.zeros(shape), make()[1], beta=1.0)


def test_reduction__listed():
    with pytest.raises(ValueError, match='valid: mean, none'):
        flow_regression_loss(*make(), beta=1.0, reduction='sum')
