"""Peak speed of GPUs: dense products, by precision."""

from __future__ import annotations

import torch

# TFLOP/s of dense matrix products, without sparsity, from the makers' data
# sheets, with float32 accumulation. A name is looked for in the device's
# name; longer ones first. tf32 is what float32 convolutions use by default.
_PEAKS: dict[str, dict[str, float]] = {
    'B200': dict(float32=75, tf32=1125, bfloat16=2250, float16=2250),
    'H200': dict(float32=66.9, tf32=494.7, bfloat16=989.4, float16=989.4),
    'H100 PCIe': dict(float32=51.2, tf32=378, bfloat16=756, float16=756),
    'H100': dict(float32=66.9, tf32=494.7, bfloat16=989.4, float16=989.4),
    'A100': dict(float32=19.5, tf32=156, bfloat16=312, float16=312),
    'A30': dict(float32=10.3, tf32=82, bfloat16=165, float16=165),
    'A40': dict(float32=37.4, tf32=74.8, bfloat16=149.7, float16=149.7),
    'A10': dict(float32=31.2, tf32=62.5, bfloat16=125, float16=125),
    'RTX A6000': dict(float32=38.7, tf32=77.4, bfloat16=154.8, float16=154.8),
    'L40S': dict(float32=91.6, tf32=183, bfloat16=362, float16=362),
    'L40': dict(float32=90.5, tf32=90.5, bfloat16=181, float16=181),
    'L4': dict(float32=30.3, tf32=60, bfloat16=121, float16=121),
    'V100-SXM2': dict(float32=15.7, float16=125),
    'V100-PCIE': dict(float32=14, float16=112),
    'T4': dict(float32=8.1, float16=65),
    'RTX 3090': dict(float32=35.6, tf32=35.6, bfloat16=71, float16=71),
    'RTX 4090': dict(float32=82.6, tf32=82.6, bfloat16=165.2, float16=165.2),
}


def peak_flops(device_name: str, precision: str) -> float | None:
    """Return the peak of a device in FLOP/s, None if it is not known.

    Args:
        device_name: As CUDA gives it: 'NVIDIA A100-SXM4-40GB'.
        precision: 'float32', 'tf32', 'bfloat16' or 'float16'.

    Example:
        >>> peak_flops('NVIDIA A100-SXM4-40GB', 'bfloat16')
        312000000000000.0
        >>> peak_flops('AMD EPYC', 'float32') is None
        True
    """
    words = device_name.replace('_', ' ')
    for name in sorted(_PEAKS, key=len, reverse=True):
        end = words.find(name) + len(name)
        # A100 is no A10: no digit or letter of the name may follow.
        if name in words and not words[end : end + 1].isalnum():
            peak = _PEAKS[name].get(precision)
            return None if peak is None else peak * 1e12
    return None


def convolution_precision(dtype: str, has_tf32: bool) -> str:
    """Return what the products of a step are made in.

    Args:
        dtype: 'float32', 'bfloat16' or 'float16': autocast's.
        has_tf32: Whether the device knows TF32.

    Example:
        >>> convolution_precision('float16', True)
        'float16'
    """
    tf32 = has_tf32 and torch.backends.cudnn.allow_tf32
    return 'tf32' if dtype == 'float32' and tf32 else dtype
