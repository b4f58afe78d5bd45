"""The right row for names as devices have them."""

import pytest
import torch

from mmssl.engine.profiling.peaks import convolution_precision, peak_flops


@pytest.mark.parametrize(
    ('device', 'precision', 'tflops'),
    [
        ('NVIDIA A100-SXM4-80GB', 'tf32', 156),
        ('NVIDIA A10', 'bfloat16', 125),
        ('NVIDIA A10G', 'bfloat16', None),
        ('NVIDIA H100 80GB HBM3', 'float16', 989.4),
        ('NVIDIA H100 PCIe', 'float16', 756),
        ('NVIDIA H200', 'bfloat16', 989.4),
        ('NVIDIA L4', 'float32', 30.3),
        ('NVIDIA L40S', 'tf32', 183),
        ('Tesla T4', 'float16', 65),
        ('Tesla T4', 'bfloat16', None),
        ('Tesla V100-SXM2-32GB', 'float32', 15.7),
        ('AMD EPYC 7B13', 'float32', None),
    ],
)
def test_peak_flops__names(device, precision, tflops):
    want = None if tflops is None else pytest.approx(tflops * 1e12)
    assert peak_flops(device, precision) == want


def test_convolution_precision__tf32_only_where_allowed(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, 'allow_tf32', True)
    assert convolution_precision('float32', True) == 'tf32'
    assert convolution_precision('float32', False) == 'float32'
    assert convolution_precision('bfloat16', True) == 'bfloat16'
    monkeypatch.setattr(torch.backends.cudnn, 'allow_tf32', False)
    assert convolution_precision('float32', True) == 'float32'
