"""Every wrapper clips each parameter, at the right place of the step."""

from __future__ import annotations

import pytest
import torch
from mmengine.optim import AmpOptimWrapper, OptimWrapper, build_optim_wrapper
from mmengine.registry import DefaultScope
from torch import nn

from mmssl.engine.optimizers import (
    ClippingAmpOptimWrapper,
    ClippingOptimWrapper,
)
from mmssl.engine.step_guard import StepGuard
from mmssl.registry import OPTIM_WRAPPERS

CLIP = dict(type='parameter', max_norm=0.5)
KINDS = ('OptimWrapper', 'Bf16OptimWrapper', 'AmpOptimWrapper')


@pytest.fixture(autouse=True)
def _scaler_on_the_cpu(monkeypatch):
    """mmengine's mixed precision refuses to work without a GPU."""
    module = 'mmengine.optim.optimizer.amp_optimizer_wrapper'
    monkeypatch.setattr(f'{module}.is_cuda_available', lambda: True)
    monkeypatch.setattr(
        f'{module}.GradScaler',
        lambda **kwargs: torch.amp.GradScaler('cpu', **kwargs),
    )


def network():
    """A small network with gradients far above and below the limit."""
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1, bias=False))
    numbers = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=numbers))
        model[0].bias.mul_(0.01)
    return model


def build(kind, model, constructor=None, **changes):
    config = dict(
        type=kind,
        optimizer=dict(type='SGD', lr=1.0),
        clip_grad=dict(CLIP),
        **changes,
    )
    if constructor:
        config['constructor'] = constructor
    with DefaultScope.overwrite_default_scope('mmssl'):
        return build_optim_wrapper(model, config)


def loss_of(model, scale=1.0):
    inputs = torch.tensor([[1.0, 2.0, 3.0], [0.1, -0.2, 0.3]])
    return scale * model(inputs).float().square().mean()


def wanted(model, losses):
    """Weights after a step of the mean loss, clipped by a plain loop."""
    model.zero_grad()
    (sum(losses) / len(losses)).backward()
    weights = []
    for parameter in model.parameters():
        gradient = parameter.grad.clone()
        norm = gradient.norm()
        if norm > CLIP['max_norm']:
            gradient *= CLIP['max_norm'] / norm
        weights.append(parameter.detach() - gradient)
    model.zero_grad()
    return weights


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('constructor', [None, 'RoleOptimWrapperConstructor'])
def test_step__each_gradient_is_clipped_by_its_own_norm(kind, constructor):
    model = network()
    wrapper = build(kind, model, constructor)
    want = wanted(model, [loss_of(model)])
    wrapper.update_params(loss_of(model))
    for parameter, expected in zip(model.parameters(), want):
        torch.testing.assert_close(
            parameter.detach(), expected, rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize('kind', KINDS)
def test_accumulation__is_clipped_once_and_whole(kind):
    model = network()
    wrapper = build(kind, model, accumulative_counts=2)
    wrapper.initialize_count_status(model, 0, 4)
    want = wanted(model, [loss_of(model, 0.2), loss_of(model, 3.0)])
    before = [p.detach().clone() for p in model.parameters()]
    wrapper.update_params(loss_of(model, 0.2))
    for parameter, same in zip(model.parameters(), before):
        assert torch.equal(parameter, same)
    wrapper.update_params(loss_of(model, 3.0))
    for parameter, expected in zip(model.parameters(), want):
        torch.testing.assert_close(
            parameter.detach(), expected, rtol=1e-5, atol=1e-6
        )


def test_scaler__clips_without_the_loss_scale_and_skips_overflow():
    model = network()
    wrapper = build('AmpOptimWrapper', model, loss_scale=1024.0)
    want = wanted(model, [loss_of(model)])
    wrapper.update_params(loss_of(model))
    for parameter, expected in zip(model.parameters(), want):
        torch.testing.assert_close(
            parameter.detach(), expected, rtol=1e-5, atol=1e-6
        )
    before = [p.detach().clone() for p in model.parameters()]
    wrapper.update_params(loss_of(model, 1e37))  # inf once it is scaled
    for parameter, same in zip(model.parameters(), before):
        assert torch.equal(parameter, same)


def test_guard__still_measures_the_norm_before_clipping():
    model = network()
    wrapper = build('OptimWrapper', model)
    seen = []

    def decide(guard):
        assert not guard.logs_norm
        seen.append(guard.measure().norm)
        return True

    guard = StepGuard(wrapper, decide)
    guard.install()
    want = wanted(model, [loss_of(model)])
    loss_of(model).backward()
    norm = float(
        torch.cat([p.grad.flatten() for p in model.parameters()]).norm()
    )
    model.zero_grad()
    wrapper.update_params(loss_of(model))
    assert seen == [pytest.approx(norm, rel=1e-6)]
    for parameter, expected in zip(model.parameters(), want):
        torch.testing.assert_close(
            parameter.detach(), expected, rtol=1e-5, atol=1e-6
        )


def test_clip__waits_for_no_transfer_to_the_host(monkeypatch):
    # mmengine logs what clipping returns, by float(): a wait on a GPU
    model = network()
    wrapper = build('OptimWrapper', model)
    monkeypatch.setattr(torch.Tensor, '__float__', None)
    monkeypatch.setattr(torch.Tensor, 'item', None)
    wrapper.update_params(loss_of(model))
    assert 'train/grad_clip' not in wrapper.message_hub.log_scalars


@pytest.mark.parametrize('clip', [dict(max_norm=0.5), None])
def test_other_kinds__are_those_of_mmengine(clip):
    given = None if clip is None else dict(clip)
    ours, host = network(), network()
    sgd = dict(lr=1.0)
    wrapper = ClippingOptimWrapper(
        torch.optim.SGD(ours.parameters(), **sgd), clip_grad=given
    )
    assert given == clip  # mmengine takes keys out of what it is given
    OptimWrapper(
        torch.optim.SGD(host.parameters(), **sgd),
        clip_grad=None if clip is None else dict(clip),
    ).update_params(loss_of(host))
    wrapper.update_params(loss_of(ours))
    for one, other in zip(ours.parameters(), host.parameters()):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_registry__the_names_are_those_of_mmengine():
    assert OPTIM_WRAPPERS.get('OptimWrapper') is ClippingOptimWrapper
    assert OPTIM_WRAPPERS.get('AmpOptimWrapper') is ClippingAmpOptimWrapper
    assert issubclass(ClippingAmpOptimWrapper, AmpOptimWrapper)


@pytest.mark.parametrize(
    ('clip', 'text'),
    [
        (dict(type='parameter'), 'max_norm above 0, got None: 3.0'),
        (dict(type='parameter', max_norm=0), 'max_norm above 0, got 0'),
        (
            dict(type='parameter', max_norm=1.0, norm_type=2),
            'has no norm_type; its keys are eps, max_norm',
        ),
    ],
)
def test_arguments__that_make_no_sense(clip, text):
    sgd = torch.optim.SGD(network().parameters(), lr=1.0)
    with pytest.raises(ValueError, match=text):
        ClippingOptimWrapper(sgd, clip_grad=clip)
