"""The one building block of CMP's networks: convolution, norm, ReLU."""

from __future__ import annotations

from typing import Any

from mmcv.cnn import build_norm_layer
from torch import nn

BATCH_NORM: dict[str, Any] = {'type': 'BN'}

# What mm's own backbones start from.
KAIMING_INIT: list[dict[str, Any]] = [
    {'type': 'Kaiming', 'layer': ['Conv2d']},
    {'type': 'Constant', 'val': 1, 'layer': ['_BatchNorm', 'GroupNorm']},
]


def conv_norm_relu(
    in_channels: int,
    out_channels: int,
    kernel_size: int,
    *,
    stride: int = 1,
    norm_cfg: dict[str, Any] | None,
) -> nn.Sequential:
    """Make "conv-norm-relu", padded to keep the size at stride 1.

    The convolution keeps its bias under a norm, as the published networks
    do. Keys: ``0`` convolution, ``1`` norm.

    Args:
        in_channels: channels that come in.
        out_channels: channels that go out.
        kernel_size: odd.
        stride: stride of the convolution. Defaults to 1.
        norm_cfg: config of the norm, ``dict(type='GN', num_groups=8)``,
            say; None: no norm.
    """
    layers: list[nn.Module] = [
        nn.Conv2d(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=kernel_size // 2,
        )
    ]
    if norm_cfg is not None:
        layers.append(build_norm_layer(norm_cfg, out_channels)[1])
    layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)
