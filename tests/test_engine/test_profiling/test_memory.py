"""The peak of the process grows with what it holds."""

import sys

import pytest
import torch

from mmssl.engine.profiling.memory import peak_mib, reset_peak


@pytest.mark.skipif(sys.platform == 'win32', reason='not told there')
def test_peak__of_the_process_grows():
    cpu = torch.device('cpu')
    reset_peak(cpu)
    before = peak_mib(cpu)
    size = int(before) + 64  # MiB, surely more than was ever held
    held = torch.ones(size, 2**18)
    assert peak_mib(cpu) > before + 32
    del held
    assert peak_mib(cpu) > before + 32


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
def test_peak__of_a_gpu_can_be_reset():
    gpu = torch.device('cuda')
    held = torch.ones(64, 2**18, device=gpu)
    assert peak_mib(gpu) >= 64
    del held
    reset_peak(gpu)
    assert peak_mib(gpu) < 64
