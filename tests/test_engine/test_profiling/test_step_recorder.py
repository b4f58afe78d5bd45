"""Parts of a step: the right order, the right kind, all of the time."""

from __future__ import annotations

import pytest
import torch
from mmengine.model import BaseModel
from mmengine.optim import OptimWrapper
from torch import nn

from mmssl.engine.profiling.clocks import Span
from mmssl.engine.profiling.step_recorder import (
    REST,
    Label,
    StepRecorder,
    record_step,
    recorded,
)
from mmssl.utils.stages import stage


class Ticks:
    """A clock that counts how often it is read."""

    def __init__(self):
        self.now = 0

    def stamp(self):
        self.now += 1
        return self.now

    def spans(self, stamps):
        return [Span(b - a, 0.0) for a, b in zip(stamps, stamps[1:])]

    def synchronize(self):
        pass


class Loss(nn.Module):
    def forward(self, x):
        return x.square().mean()


class Head(nn.Module):
    """As the host's heads: layers that are called by its loss."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)
        self.loss_module = Loss()

    def loss(self, x):
        return self.loss_module(self.fc(x))


class Toy(BaseModel):
    """backbone > method's own sum > neck, beside a teacher > head's loss."""

    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
        self.neck = nn.Linear(4, 4)
        self.head = Head()
        self.teacher = nn.ModuleDict({'backbone': nn.Linear(3, 4)})

    def forward(self, inputs, data_samples=None, mode='loss'):
        x = self.backbone(inputs)
        with torch.no_grad(), stage('targets'):
            t = self.teacher.backbone(inputs)
        with stage('matching'):
            x = x + t
        return dict(loss=self.head.loss(self.neck(x)))


@pytest.fixture
def toy():
    torch.manual_seed(0)
    model = Toy()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return model, OptimWrapper(optimizer)


def record(toy, clock=None):
    recorder = StepRecorder(clock or Ticks())
    order = []
    mark = recorder._mark
    recorder._mark = lambda label: order.append(label) or mark(label)
    batch = dict(inputs=torch.ones(2, 3))
    with recorded(recorder, *toy):
        parts, _ = record_step(recorder, toy[0], batch, toy[1])
    return parts, order


def test_step__order_and_kinds(toy):
    _, order = record(toy)
    forward = Label('forward', REST, 'method')
    back = Label('backward', REST, 'method')
    optimizer = Label('optimizer', 'optimizer', 'optimizer')
    assert order == [
        forward,
        Label('input', 'copy and normalise', 'input'),
        forward,
        Label('forward', 'backbone', 'backbone'),
        forward,
        Label('forward', 'targets', 'method'),
        Label('forward', 'teacher.backbone (targets)', 'backbone'),
        Label('forward', 'targets', 'method'),
        forward,
        Label('forward', 'matching', 'method'),
        forward,
        Label('forward', 'neck', 'network'),
        forward,
        Label('forward', 'head.fc', 'network'),
        forward,
        Label('forward', 'head.loss_module', 'method'),
        forward,
        back,
        Label('backward', 'head.loss_module', 'method'),
        Label('backward', 'head.fc', 'network'),
        Label('backward', 'neck', 'network'),
        back,  # the sum
        Label('backward', 'backbone', 'backbone'),
        forward,
        optimizer,
        forward,
        optimizer,
        forward,
    ]


def test_step__parts_are_the_whole(toy):
    clock = Ticks()
    parts, order = record(toy, clock)
    # every reading but the first ends one tick
    assert sum(span.wall for span in parts.values()) == clock.now - 1
    assert sum(span.wall for span in parts.values()) == len(order)
    assert list(parts) == list(dict.fromkeys(order))


def test_recorded__leaves_nothing_behind_and_changes_nothing(toy):
    model, wrapper = toy
    before = {k: v.clone() for k, v in model.state_dict().items()}
    record(toy)
    after = {k: v.clone() for k, v in model.state_dict().items()}
    assert not any(
        module._forward_hooks or module._forward_pre_hooks
        for module in model.modules()
    )
    assert not {'step', 'backward', 'zero_grad'} & set(vars(wrapper))
    model.load_state_dict(before)
    model.train_step(dict(inputs=torch.ones(2, 3)), wrapper)
    for key, value in model.state_dict().items():
        assert torch.equal(value, after[key])


def test_recorded__ends_after_an_error(toy):
    model, wrapper = toy
    recorder = StepRecorder(Ticks())
    with pytest.raises(RuntimeError), recorded(recorder, model, wrapper):
        record_step(recorder, model, dict(inputs=torch.ones(2, 9)), wrapper)
    assert not model.backbone._forward_hooks
    assert 'step' not in vars(wrapper)


def test_slow_part__is_found(toy):
    """What is put into one stage shows up there, forward and backward."""
    from mmssl.engine.profiling.clocks import HostClock

    class Slow(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            work()
            return x.clone()

        @staticmethod
        def backward(ctx, grad):
            work()
            return grad

    def work():
        a = torch.ones(400, 400)
        for _ in range(4):
            a @ a

    class SlowNeck(nn.Linear):
        def forward(self, x):
            return Slow.apply(super().forward(x))

    model, _ = toy
    model.neck = SlowNeck(4, 4)
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    record((model, wrapper), HostClock())
    parts, _ = record((model, wrapper), HostClock())
    for phase in ('forward', 'backward'):
        cpu = {k: v.cpu for k, v in parts.items() if k.phase == phase}
        assert max(cpu, key=cpu.get).name == 'neck'
