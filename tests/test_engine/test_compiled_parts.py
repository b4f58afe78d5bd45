"""Compiled parts keep names, follow copies, and compute the same."""

import copy
import pickle

import pytest
import torch
from torch import nn

from mmssl.engine.compiled_parts import CompiledForward, compile_parts


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(3, 8), nn.Tanh())
        self.pool = nn.Identity()
        self.head = nn.Linear(8, 1)

    def forward(self, x):
        return self.head(self.pool(self.backbone(x)))


@pytest.fixture
def eager(monkeypatch):
    """torch.compile that notes what it is asked for."""
    asked = []

    def fake(function, **options):
        asked.append((function.__self__, options))
        return function

    monkeypatch.setattr(torch, 'compile', fake)
    return asked


def test_parts__those_with_parameters_once_and_in_training_only(eager):
    torch.manual_seed(0)
    net = Net()
    names, x = list(net.state_dict()), torch.randn(4, 3)
    expected = net(x)
    assert compile_parts(net, dict(mode='default')) == ['backbone', 'head']
    assert list(net.state_dict()) == names
    assert torch.equal(net.eval()(x), expected)
    assert eager == []
    net.train()
    for _ in range(2):
        assert torch.equal(net(x), expected)
    assert eager == [
        (net.backbone, dict(mode='default')),
        (net.head, dict(mode='default')),
    ]


@pytest.mark.slow
def test_views__of_other_sizes_are_compiled_apart():
    """For any size, attention's windows would never be done."""
    compiled = []

    def backend(graph, inputs):
        images = [x for x in inputs if isinstance(x, torch.Tensor)]
        compiled.extend(tuple(x.shape[2:]) for x in images if x.dim() == 4)
        return graph

    torch.compiler.reset()
    net = nn.ModuleDict({'backbone': nn.AvgPool2d(2)})
    net['backbone'].weight = nn.Parameter(torch.zeros(1))
    compile_parts(net, dict(backend=backend))
    for images in (2, 3, 4, 5):
        for size in ((8, 4), (4, 2)):
            x = torch.randn(images, 3, *size)
            wanted = torch.nn.functional.avg_pool2d(x, 2)
            assert torch.equal(net['backbone'](x), wanted)
    # once for 2 images, once for any number
    assert sorted(compiled) == [(4, 2)] * 2 + [(8, 4)] * 2


def test_parts__of_a_container_are_those_inside(eager):
    """What has no forward, such as a teacher, is never called itself."""
    net = Net()
    net.teacher = nn.Module()
    net.teacher.backbone = nn.Linear(3, 8)
    assert compile_parts(net) == ['backbone', 'head', 'teacher.backbone']
    net.teacher.backbone(torch.randn(2, 3))
    assert [module for module, _ in eager] == [net.teacher.backbone]


@pytest.mark.parametrize(
    'copied', [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_parts__a_copy_runs_on_its_own_weights(eager, copied):
    net = Net()
    compile_parts(net)
    x = torch.randn(4, 3)
    expected = net(x)
    twin = copied(net)
    with torch.no_grad():
        net.head.weight.zero_()
    assert torch.equal(twin(x), expected)
    assert isinstance(twin.head.forward, CompiledForward)
    assert twin.head.forward.module is twin.head


def test_parts__hooks_still_run(eager):
    net, seen = Net(), []
    compile_parts(net)
    net.backbone.register_forward_hook(lambda *args: seen.append(args[0]))
    net(torch.randn(1, 3))
    assert seen == [net.backbone]


@pytest.mark.slow
def test_parts__same_loss_for_real():
    """Inductor on the CPU; 1e-5 for its own order of sums."""
    torch.manual_seed(0)
    plain = Net()
    fast = copy.deepcopy(plain)
    compile_parts(fast)
    del fast.head.forward  # one part is enough, it takes half a minute
    torch._dynamo.utils.counters.clear()
    losses = []
    for net in (plain, fast):
        optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
        torch.manual_seed(1)
        for _ in range(5):
            loss = (net(torch.randn(8, 3)) - 1).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    assert losses[5:] == pytest.approx(losses[:5], rel=1e-5)
    assert not torch._dynamo.utils.counters['graph_break']
    assert losses[4] < losses[0]
