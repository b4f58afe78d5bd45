"""The symmetric loss, written out for both directions."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmssl.models.heads import PairPredictHead

PREDICTOR = dict(
    type='NonLinearNeck',
    in_channels=6,
    hid_channels=9,
    out_channels=6,
    with_bias=True,
    with_last_bn=False,
    with_avg_pool=False,
    norm_cfg=dict(type='BN1d'),
)


def head():
    return PairPredictHead(PREDICTOR, dict(type='NormalizedL2Loss'))


def test_loss__mean_over_pairs_of_both_directions():
    model = head()
    z1, z2, t1, t2 = torch.randn(4, 5, 6)
    losses = model.loss(torch.cat((z1, z2)), torch.cat((t2, t1)))
    assert list(losses) == ['loss_pair']
    net = model.predictor
    hidden = torch.cat((z1, z2)) @ net.fc0.weight.T + net.fc0.bias
    mean, var = hidden.mean(0), hidden.var(0, unbiased=False)
    hidden = F.relu((hidden - mean) / (var + 1e-5).sqrt())
    q1, q2 = (hidden @ net.fc1.weight.T).split(5)
    expected = sum(
        2
        - 2 * F.cosine_similarity(q1[i], t2[i], dim=0)
        + 2
        - 2 * F.cosine_similarity(q2[i], t1[i], dim=0)
        for i in range(5)
    )
    assert float(losses['loss_pair']) == pytest.approx(float(expected / 5))


def test_no_pairs__zero_and_every_gradient_is_zero():
    model = head()
    before = [b.clone() for b in model.buffers() if b.is_floating_point()]
    nothing = torch.zeros(0, 6, requires_grad=True)
    loss = model.loss(nothing, torch.zeros(0, 6))['loss_pair']
    loss.backward()
    assert loss.item() == 0.0
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert not parameter.grad.any(), name
    after = [b for b in model.buffers() if b.is_floating_point()]
    assert all(torch.equal(a, b) for a, b in zip(after, before))


def test_parts__modules_are_taken_as_they_are():
    class Twice(nn.Module):
        def forward(self, x):
            return (2 * x[0],)

    model = PairPredictHead(Twice(), nn.MSELoss())
    x = torch.ones(2, 3)
    # MSE of 2 and 0 is 4, in each of two directions
    assert float(model.loss(x, torch.zeros(2, 3))['loss_pair']) == 8.0
