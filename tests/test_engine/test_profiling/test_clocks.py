"""Clocks count what passes, on the wall and in the processor."""

import time

import pytest
import torch

from mmssl.engine.profiling.clocks import CudaClock, HostClock, clock_of


def test_host__sleep_is_wall_time_work_is_both():
    clock = HostClock()
    stamps = [clock.stamp()]
    time.sleep(0.05)
    stamps.append(clock.stamp())
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    stamps.append(clock.stamp())
    sleep, work = clock.spans(stamps)
    assert sleep.wall >= 0.05 > sleep.cpu
    assert work.cpu >= 0.05
    assert work.wall >= 0.04
    assert clock.spans(stamps[:1]) == []


def test_clock_of__device():
    assert isinstance(clock_of(torch.device('cpu')), HostClock)
    assert isinstance(clock_of(torch.device('cuda', 0)), CudaClock)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_cuda__kernels_take_time():
    clock = CudaClock()
    big = torch.rand(4096, 4096, device='cuda')
    stamps = [clock.stamp(), clock.stamp()]
    for _ in range(20):
        big @ big
    stamps.append(clock.stamp())
    nothing, products = clock.spans(stamps)
    assert 0 <= nothing.wall < products.wall
