"""The initial weights of the published CMP."""

from __future__ import annotations

import math

import torch
from torch import Generator, nn
from torch.nn.modules.batchnorm import _BatchNorm

_NORMS = (_BatchNorm, nn.GroupNorm, nn.LayerNorm)


@torch.no_grad()
def published_init_(
    module: nn.Module,
    *,
    gain: float = 0.02,
    generator: Generator | None = None,
) -> None:
    """Overwrite every weight the way the published code does, in place.

    Convolutions and linear layers: normal with std = gain
    sqrt(2 / (fan_in + fan_out)) (Xavier), bias 0. Norm layers: weight
    ~ N(1, 0.02), bias 0. Pretrained weights are overwritten too.

    Source: Zhan et al. 2019 (CMP), ``models/single_stage_model.py``.
    Deviates: GroupNorm and LayerNorm, which the published networks do not
        have, are treated as BatchNorm is.

    Args:
        module: the whole model.
        gain: gain of the Xavier rule.
        generator: source of randomness; None: torch's own.

    Example:
        >>> conv = nn.Conv2d(8, 8, 1)
        >>> published_init_(conv)
        >>> conv.bias.abs().sum().item()
        0.0
    """
    for part in module.modules():
        if isinstance(part, (nn.modules.conv._ConvNd, nn.Linear)):
            fan_in = part.weight[0].numel()
            fan_out = part.weight.shape[0] * part.weight[0][0].numel()
            std = gain * math.sqrt(2 / (fan_in + fan_out))
            part.weight.normal_(0, std, generator=generator)
        elif isinstance(part, _NORMS) and part.weight is not None:
            part.weight.normal_(1, 0.02, generator=generator)
        else:
            continue
        if part.bias is not None:
            part.bias.zero_()
