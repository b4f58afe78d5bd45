"""Bytes of tensors, counted by hand and by the profiler."""

import pytest
import torch
from torch import nn

from mmssl.engine.profiling.step_memory import (
    allocation_peak,
    held_bytes,
    kept_bytes,
    step_peak_mib,
)

MIB = 2**20
CPU = torch.device('cpu')


def test_allocation__the_peak_not_the_sum():
    def step():
        one = torch.ones(MIB)  # 4 MiB of float32
        two = one * 2
        del one
        three = two + 1  # again two of them at a time
        del two
        four = three + 1
        del three
        return four.sum()

    assert allocation_peak(step) == pytest.approx(8 * MIB, rel=1e-3)


def test_allocation__counts_what_the_step_makes_alone():
    held = [torch.ones(4 * MIB)]

    def step():
        held.clear()
        held.append(torch.zeros(MIB))

    assert allocation_peak(step) == pytest.approx(4 * MIB, rel=1e-3)


def test_held__weights_buffers_gradients_and_state_once_each():
    net = nn.Sequential(nn.Linear(8, 8, bias=False), nn.BatchNorm1d(8))
    net.shared = net[0].weight  # the same storage twice
    sgd = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    weights = 4 * (64 + 8 + 8)
    buffers = 4 * (8 + 8) + 8  # mean, variance; int64 count
    assert held_bytes(net, sgd) == weights + buffers
    net(torch.randn(4, 8)).sum().backward()
    assert held_bytes(net, sgd) == 2 * weights + buffers
    sgd.step()
    assert held_bytes(net, sgd) == 3 * weights + buffers
    sgd.zero_grad(set_to_none=True)
    assert held_bytes(net, sgd) == 2 * weights + buffers


def test_step__state_and_rise_together():
    net = nn.Linear(1024, 1024, bias=False)  # 4 MiB
    sgd = torch.optim.SGD(net.parameters(), lr=0.1, foreach=False)
    x = torch.ones(1, 1024)

    def step():
        net(x).sum().backward()
        sgd.step()
        sgd.zero_grad()

    # The gradient comes to the weight; batch and output are small.
    assert step_peak_mib(step, net, sgd, CPU) == pytest.approx(8, rel=0.01)


def test_kept__activations_once_each_and_no_weights():
    net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 2))
    x = torch.ones(5, 8)
    # Input, and the ReLU's output, which is the second layer's input.
    assert kept_bytes(lambda: net(x), net) == 4 * (5 * 8 + 5 * 16)
    with torch.no_grad():
        assert kept_bytes(lambda: net(x), net) == 0


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_step__of_a_gpu():
    gpu = torch.device('cuda')
    net = nn.Linear(1024, 1024, bias=False, device=gpu)
    sgd = torch.optim.SGD(net.parameters(), lr=0.1)
    held = torch.cuda.memory_allocated() / MIB
    found = step_peak_mib(lambda: torch.ones(MIB, device=gpu), net, sgd, gpu)
    assert found == pytest.approx(held + 4, rel=0.01)
