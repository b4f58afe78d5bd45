"""Weights and inputs of the golden numbers, drawn from a tensor's name.

The golden files hold outputs of the published networks; what went in can be
made again anywhere, one fresh generator for each name.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor


def named_generator(name: str) -> np.random.RandomState:
    """Return the generator of a name."""
    return np.random.RandomState(zlib.crc32(name.encode()) & 0xFFFFFFFF)


def named_input(name: str, shape: Sequence[int]) -> Tensor:
    """Return an input, normally distributed, float32."""
    values = named_generator(name).normal(size=tuple(shape))
    return torch.from_numpy(values.astype(np.float32))


def named_weight(name: str, shape: Sequence[int], dtype: str) -> Tensor:
    """Return a tensor of a published checkpoint: the first rule that fits.

    Args:
        name: Its key in the list of keys.
        shape: Its shape.
        dtype: 'int64' gives zeros; all others are float32.
    """
    if dtype == 'int64':
        return torch.zeros(tuple(shape), dtype=torch.int64)
    rng, shape = named_generator(name), tuple(shape)
    if name.endswith('running_var'):
        value = rng.uniform(0.5, 1.5, shape)
    elif name.endswith('running_mean'):
        value = rng.normal(size=shape) * 0.1
    elif name.endswith('bias'):
        value = rng.normal(size=shape) * 0.05
    elif name.endswith('bn3.weight'):
        value = rng.uniform(0.1, 0.3, shape)
    elif len(shape) < 2:
        value = rng.uniform(0.8, 1.2, shape)
    else:
        value = rng.normal(size=shape) * math.sqrt(2 / math.prod(shape[1:]))
        if name.endswith('flow_decoder.head.weight'):
            value *= 0.1
    return torch.from_numpy(np.asarray(value).astype(np.float32))
