"""LARS against the published procedure, step by step, and its edges."""

from __future__ import annotations

import copy

import pytest
import torch
from mmpretrain.engine import LARS
from torch import nn

from mmssl.engine.optimizers.scrl_lars import ScrlLARS, trust_ratios
from mmssl.engine.warmup_cosine_lr import warmup_cosine
from mmssl.registry import OPTIMIZERS

PEAK, STEPS, WARMUP = 14.4, 40, 8
LRS = [PEAK * warmup_cosine(t + 1, WARMUP, STEPS) for t in range(STEPS)]
DECAY = 1e-2  # large, so that it shows


def parameters(dtype=torch.float64):
    """Two weights with a trust ratio, a norm and a bias without."""
    rng = torch.Generator().manual_seed(0)
    shapes = [(4, 3), (5, 2, 3, 3), (4,), (5,)]
    return [
        nn.Parameter(
            torch.randn(s, generator=rng, dtype=torch.float64).to(dtype)
        )
        for s in shapes
    ]


def gradients(step):
    """Gradients that depend on the step alone, of very different sizes."""
    rng = torch.Generator().manual_seed(100 + step)
    scales = (1.0, 1e-3, 1e-2, 1e-4)
    return [
        s * torch.randn(p.shape, generator=rng, dtype=torch.float64)
        for s, p in zip(scales, parameters())
    ]


def groups(params, **excluded):
    return [
        dict(params=params[:2], weight_decay=DECAY),
        dict(params=params[2:], lars_exclude=True, **excluded),
    ]


def published(lr_twice, nesterov=False):
    """The published procedure: gradients are rescaled, then SGD steps."""
    params = parameters()
    sgd = torch.optim.SGD(params, lr=1.0, momentum=0.9, nesterov=nesterov)
    for step, lr in enumerate(LRS):
        sgd.param_groups[0]['lr'] = lr
        for i, (p, g) in enumerate(zip(params, gradients(step))):
            if i < 2:
                p_norm = p.detach().pow(2).sum().item() ** 0.5
                g_norm = g.pow(2).sum().item() ** 0.5
                ratio = p_norm / (g_norm + DECAY * p_norm + 1e-8) * 0.001
                p.grad = (g + DECAY * p.detach()) * ratio
            else:
                p.grad = g * lr if lr_twice else g.clone()
        sgd.step()
    return params


def train(optimizer, params, lrs=LRS, first=0):
    for step, lr in enumerate(lrs, first):
        for group in optimizer.param_groups:
            group['lr'] = lr
        for p, g in zip(params, gradients(step)):
            p.grad = g.to(p.dtype)
        optimizer.step()
    return params


@pytest.mark.parametrize('nesterov', [False, True])
@pytest.mark.parametrize('lr_twice', [False, True])
def test_step__is_the_published_one_over_a_whole_schedule(lr_twice, nesterov):
    params = parameters()
    optimizer = ScrlLARS(
        groups(params, lr_twice=lr_twice), lr=1.0, nesterov=nesterov
    )
    train(optimizer, params)
    for got, want in zip(params, published(lr_twice, nesterov)):
        torch.testing.assert_close(got, want, rtol=1e-10, atol=1e-12)


def test_step__float32_agrees_too():
    params = parameters(torch.float32)
    train(ScrlLARS(groups(params), lr=1.0), params)
    for got, want in zip(params, published(lr_twice=False)):
        torch.testing.assert_close(got.double(), want, rtol=2e-5, atol=2e-6)


def test_lr_twice__excluded_step_goes_with_the_square_of_the_rate():
    moved = {}
    for twice in (False, True):
        params = parameters()
        before = params[2].detach().clone()
        optimizer = ScrlLARS(groups(params, lr_twice=twice), lr=1.0)
        train(optimizer, params, [PEAK])
        moved[twice] = before - params[2].detach()
    torch.testing.assert_close(moved[False], PEAK * gradients(0)[2])
    torch.testing.assert_close(moved[True], PEAK**2 * gradients(0)[2])


def relative_difference(a, b):
    return max(
        float((x - y).detach().norm() / y.detach().norm())
        for x, y in zip(a, b)
    )


def test_difference__to_the_lars_of_mmpretrain():
    # It keeps lr * update in the buffer: the same at a constant rate ...
    final = {}
    for name, lrs in (('constant', [PEAK] * STEPS), ('schedule', LRS)):
        ours, theirs = parameters(), parameters()
        train(ScrlLARS(groups(ours), lr=1.0), ours, lrs)
        other = LARS(groups(theirs), lr=1.0, momentum=0.9, eps=1e-8)
        train(other, theirs, lrs)
        final[name] = relative_difference(ours[:2], theirs[:2])
    assert final['constant'] < 1e-10
    # ... and not while it changes.
    assert final['schedule'] > 1e-3


def test_difference__mmpretrain_is_late_by_the_ratio_of_the_rates():
    # Two steps with rates a, b and one gradient: b m g against a m g.
    (p,), (q,) = ([nn.Parameter(torch.ones(2))] for _ in range(2))
    ours = ScrlLARS([dict(params=[p], lars_exclude=True)], lr=1.0)
    theirs = LARS([dict(params=[q], lars_exclude=True)], lr=1.0, momentum=0.9)
    for optimizer, x in ((ours, p), (theirs, q)):
        for lr in (0.5, 0.1):
            optimizer.param_groups[0]['lr'] = lr
            x.grad = torch.ones(2)
            optimizer.step()
    assert 1 - p[0].item() == pytest.approx(0.5 + 0.1 * 1.9)
    assert 1 - q[0].item() == pytest.approx(0.5 + 0.1 + 0.9 * 0.5)


def test_trust_ratio__by_hand_and_where_a_norm_is_zero():
    p, g = torch.tensor([0.6, 0.8]), torch.tensor([0.0, 3.0])
    zero = torch.zeros(2)
    got = trust_ratios([p, zero, p, zero], [g, g, zero, zero], 0.5, 0.001, 0.5)
    want = 0.001 * 1 / (3 + 0.5 * 1 + 0.5)
    torch.testing.assert_close(got, torch.tensor([want, 1.0, 1.0, 1.0]))


def test_trust_ratio__half_precision_norms_do_not_overflow():
    p = torch.full((300,), 200.0, dtype=torch.float16)
    g = torch.full((300,), 300.0, dtype=torch.float16)
    got = trust_ratios([p], [g], 0.0, 1.0)
    assert got.dtype is torch.float32
    torch.testing.assert_close(got, torch.tensor([200 / 300]))


def test_step__parameters_without_gradient_stay_and_have_no_state():
    params = parameters()
    before = [p.detach().clone() for p in params]
    optimizer = ScrlLARS(groups(params), lr=1.0, weight_decay=0.1)
    optimizer.step()
    assert not optimizer.state
    for p, g in list(zip(params, gradients(0)))[1::2]:
        p.grad = g
    optimizer.step()
    moved = [not torch.equal(p, b) for p, b in zip(params, before)]
    assert moved == [False, True, False, True]
    assert set(optimizer.state) == {params[1], params[3]}


def test_step__gradients_are_left_as_they_are():
    params = parameters()
    optimizer = ScrlLARS(groups(params, lr_twice=True), lr=1.0)
    train(optimizer, params, LRS[:2])
    for p, g in zip(params, gradients(1)):
        assert torch.equal(p.grad, g)


@pytest.mark.parametrize('momentum', [0.0, 0.9])
def test_step__empty_parameters_and_mixed_types(momentum):
    params = [
        nn.Parameter(torch.ones(3)),
        nn.Parameter(torch.ones(3, dtype=torch.float64)),
        nn.Parameter(torch.ones(0)),
    ]
    for p in params:
        p.grad = torch.full_like(p, 2.0)
    ScrlLARS(params, lr=100.0, momentum=momentum).step()
    # 100 * 0.001 * sqrt(3) / (2 sqrt(3)) * 2 = 0.1
    for p in params:
        torch.testing.assert_close(p.detach(), torch.full_like(p, 0.9))


def test_state_dict__a_loaded_optimizer_goes_on_to_the_bit():
    params = parameters()
    optimizer = ScrlLARS(groups(params, lr_twice=True), lr=1.0)
    train(optimizer, params, LRS[:10])
    other = [nn.Parameter(p.detach().clone()) for p in params]
    fresh = ScrlLARS(groups(other), lr=7.0, momentum=0.5)
    fresh.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    train(optimizer, params, LRS[10:], first=10)
    train(fresh, other, LRS[10:], first=10)
    assert all(torch.equal(p, q) for p, q in zip(params, other))


def test_step__waits_for_no_value_of_the_device():
    # Tensors without values: whatever asks for one fails.
    params = [nn.Parameter(torch.empty(3, 2, device='meta')) for _ in 'abc']
    for p in params:
        p.grad = torch.empty_like(p)
    split = [
        dict(params=params[:2], weight_decay=0.1),
        dict(params=params[2:], lars_exclude=True, lr_twice=True),
    ]
    ScrlLARS(split, lr=1.0, nesterov=True).step()
    with pytest.raises(RuntimeError):
        params[0].norm().item()


@pytest.mark.skipif(
    not hasattr(torch.amp, 'GradScaler'), reason='scales on GPUs alone'
)
def test_step__grad_scaler_unscales_and_skips():
    scaler = torch.amp.GradScaler('cpu', init_scale=64.0)
    params, plain = parameters(torch.float32), parameters(torch.float32)
    optimizer = ScrlLARS(groups(params), lr=1.0)
    for p, q, g in zip(params, plain, gradients(0)):
        scaler.scale((p * g.float()).sum()).backward()
        q.grad = g.float()
    scaler.step(optimizer)
    scaler.update()
    ScrlLARS(groups(plain), lr=1.0).step()
    for p, q in zip(params, plain):
        torch.testing.assert_close(p, q)
    before = [p.detach().clone() for p in params]
    scaler.scale(params[0].sum()).backward()
    params[0].grad[0, 0] = float('inf')
    scaler.step(optimizer)
    assert all(torch.equal(p, b) for p, b in zip(params, before))


def test_step__closure_sees_gradients_enabled():
    p = nn.Parameter(torch.ones(2))
    optimizer = ScrlLARS([p], lr=1.0)

    def closure():
        loss = (p**2).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 2.0
    assert p.grad.tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        (dict(lr=-1.0), 'lr must be at least 0, got -1.0'),
        (dict(lr=float('nan')), 'lr must be at least 0, got nan'),
        (dict(lr=1.0, trust_coef=-0.1), 'trust_coef'),
        (dict(lr=1.0, nesterov=True, momentum=0), 'nesterov needs a momentum'),
    ],
)
def test_settings__that_make_no_sense(settings, message):
    with pytest.raises(ValueError, match=message):
        ScrlLARS(parameters(), **settings)


def test_settings__lr_twice_needs_an_excluded_group():
    with pytest.raises(ValueError, match='lars_exclude=True as well'):
        ScrlLARS([dict(params=parameters(), lr_twice=True)], lr=1.0)


def test_sparse_gradients__are_refused():
    table = nn.Embedding(4, 2, sparse=True)
    table(torch.tensor([1])).sum().backward()
    with pytest.raises(RuntimeError, match='sparse=False'):
        ScrlLARS(table.parameters(), lr=1.0).step()


def test_registry__has_it():
    built = OPTIMIZERS.build(
        dict(type='ScrlLARS', params=parameters(), lr=0.5)
    )
    assert isinstance(built, ScrlLARS)
    assert built.defaults['momentum'] == 0.9
