"""The guard stands before every step, of every kind of wrapper."""

import functools

import pytest
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.optim.scheduler import ConstantLR
from torch import nn

from mmssl.engine.step_guard import StepGuard


def model_and_wrapper(**options):
    torch.manual_seed(0)
    model = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return model, OptimWrapper(optimizer, **options)


def loss_of(model, factor=1.0):
    return factor * model(torch.tensor([[1.0, 2.0]])).pow(2).mean()


def test_allowed__is_the_step_without_guard():
    (one, plain), (two, guarded) = model_and_wrapper(), model_and_wrapper()
    StepGuard(guarded, lambda guard: True).install()
    for _ in range(3):
        plain.update_params(loss_of(one))
        guarded.update_params(loss_of(two))
    assert torch.equal(one.weight, two.weight)


def test_forbidden__weights_stay_and_gradients_are_cleared():
    model, wrapper = model_and_wrapper()
    before = model.weight.detach().clone()
    StepGuard(wrapper, lambda guard: False).install()
    wrapper.update_params(loss_of(model))
    assert torch.equal(model.weight, before)
    assert model.weight.grad is None


def test_accumulation__asks_once_a_step_with_all_losses():
    model, wrapper = model_and_wrapper(accumulative_counts=3)
    seen = []
    guard = StepGuard(wrapper, lambda g: seen.append(list(g.losses)) is None)
    guard.install()
    factors = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    losses = []
    for factor in factors:
        loss = loss_of(model, factor)
        losses.append(loss.item() / 3)
        wrapper.update_params(loss)
    assert guard.steps == 2
    assert [float(v) for part in seen for v in part] == pytest.approx(losses)
    assert [len(part) for part in seen] == [3, 3]


def test_measure__sees_gradients_before_clipping():
    model, wrapper = model_and_wrapper(clip_grad=dict(max_norm=1e-3))
    found = []
    guard = StepGuard(wrapper, lambda g: found.append(g.measure()) is None)
    guard.install()
    loss = loss_of(model)
    grads = torch.autograd.grad(loss, list(model.parameters()))
    wrapper.update_params(loss_of(model))
    (measured,) = found
    expected = torch.cat([g.reshape(-1) for g in grads]).norm()
    assert measured.norm == pytest.approx(float(expected), rel=1e-6)
    assert measured.norm > 1e-3
    assert not measured.bad_loss
    assert not measured.bad_gradient
    assert measured.scale is None


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_measure__loss_that_is_not_finite(value):
    model, wrapper = model_and_wrapper()
    guard = StepGuard(wrapper, lambda g: True)
    guard.install()
    wrapper.backward(loss_of(model))
    wrapper.backward(loss_of(model, value))
    wrapper.backward(loss_of(model))
    measured = guard.measure()
    assert measured.bad_loss
    assert guard.measure(with_gradients=False).bad_loss


def test_measure__gradient_that_is_not_finite_under_a_finite_loss():
    model, wrapper = model_and_wrapper()
    guard = StepGuard(wrapper, lambda g: True)
    guard.install()
    zero = model(torch.ones(1, 2)) * 0
    wrapper.backward(torch.sqrt(zero).sum())
    measured = guard.measure()
    assert (measured.bad_loss, measured.bad_gradient) == (False, True)
    assert measured.norm is None
    assert not guard.measure(with_gradients=False).bad_gradient


def test_measure__a_norm_that_overflows_is_no_bad_gradient():
    model, wrapper = model_and_wrapper()
    guard = StepGuard(wrapper, lambda g: True)
    model.weight.grad = torch.full_like(model.weight, 3e38)
    measured = guard.measure()
    assert not measured.bad_gradient
    assert measured.norm == pytest.approx(3e38 * 2**0.5)


def test_measure__takes_the_loss_scale_out():
    model, wrapper = model_and_wrapper()
    wrapper.loss_scaler = torch.amp.GradScaler('cpu', init_scale=1024.0)
    guard = StepGuard(wrapper, lambda g: True)
    model.weight.grad = torch.tensor([[3.0, 4.0]]) * 1024
    measured = guard.measure()
    assert (measured.norm, measured.scale) == (5.0, 1024.0)


def test_remove__leaves_the_wrapper_as_it_was():
    _, wrapper = model_and_wrapper()
    guard = StepGuard(wrapper, lambda g: False)
    guard.install()
    assert 'step' in vars(wrapper)
    guard.remove()
    assert 'step' not in vars(wrapper)
    assert 'backward' not in vars(wrapper)


def test_remove__puts_the_step_back_that_a_scheduler_counts():
    _, wrapper = model_and_wrapper()
    scheduler = ConstantLR(wrapper, factor=0.5)
    counting = wrapper.step
    guard = StepGuard(wrapper, lambda g: True)
    guard.install()
    # mmengine warns of a step that does not look counted
    assert wrapper.step._with_counter
    assert scheduler.optimizer is wrapper
    guard.remove()
    assert wrapper.step is counting


def test_dict_of_wrappers__each_has_its_own():
    (one, first), (two, second) = model_and_wrapper(), model_and_wrapper()
    wrappers = OptimWrapperDict(one=first, two=second)
    asked = []

    def decide(name, guard):
        asked.append(name)
        return name == 'one'

    for name, wrapper in wrappers.items():
        StepGuard(wrapper, functools.partial(decide, name)).install()
    before = two.weight.detach().clone()
    wrappers['one'].update_params(loss_of(one))
    wrappers['two'].update_params(loss_of(two))
    assert asked == ['one', 'two']
    assert torch.equal(two.weight, before)
    assert not torch.equal(one.weight, before)


def test_state__steps_and_losses_that_wait():
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    wrapper = OptimWrapper(optimizer, accumulative_counts=2)
    wrapper.initialize_count_status(model, 0, 8)
    waited = []
    guard = StepGuard(wrapper, lambda guard: True, waited.append)
    guard.install()
    for value in (1.0, 2.0, float('inf')):
        wrapper.update_params(model.weight.sum() * 0 + value)
    state = guard.state_dict()
    # 2.0 has its step at once
    assert [float(loss) for loss in waited] == [0.5, float('inf')]
    assert state == dict(steps=1, losses=[float('inf')])
    resumed = StepGuard(wrapper, lambda guard: True)
    resumed.load_state_dict(state)
    assert resumed.steps == 1
    assert resumed.measure(with_gradients=False).bad_loss
