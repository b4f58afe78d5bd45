"""AlexNet with batch norm, fully convolutional, as published with CMP."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmssl.models.utils.conv_block import (
    BATCH_NORM,
    KAIMING_INIT,
    conv_norm_relu,
)
from mmssl.registry import MODELS

# Strides of conv1 and of the three max-pools.
STRIDES = {'8x': (2, 2, 2, 1), '32x': (4, 2, 2, 2)}


@MODELS.register_module()
class AlexNetBN(BaseModule):
    """AlexNet-BN: conv1-pool-conv2-pool-conv3-conv4-conv5-pool-fc6-fc7.

    All convolutions have biases and no groups; pools are 3x3, padded by 1;
    fc6 (3x3) and fc7 (1x1) are convolutions of 4096 channels with dropout.

    Source: Zhan et al. 2019 (CMP), ``models/backbone/alexnet.py``.
    Deviates: the closing 1x1 ``conv8`` is CMP's neck (ConvProjection);
        earlier maps can be given out, so that skip decoders work too.

    Args:
        variant: ``'8x'`` or ``'32x'``, the stride of the last map.
        in_channels: channels of the image. Defaults to 3.
        out_indices: maps to give out, finest first: 0 conv1 (96 channels),
            1 conv2 (256), 2 conv5 (256), 3 fc7 (4096), each before the pool
            that follows it. Defaults to ``(3,)``.
        dropout: probability after fc6 and fc7. Defaults to 0.5.
        norm_cfg: config of the norm layers. Defaults to ``dict(type='BN')``.
        init_cfg: mmengine's initialisation. Defaults to Kaiming.

    Raises:
        ValueError: unknown ``variant`` or index.

    Example:
        >>> import torch
        >>> net = AlexNetBN('8x').eval()
        >>> net(torch.zeros(1, 3, 32, 48))[0].shape
        torch.Size([1, 4096, 4, 6])
    """

    def __init__(
        self,
        variant: str = '32x',
        in_channels: int = 3,
        out_indices: Sequence[int] = (3,),
        dropout: float = 0.5,
        norm_cfg: dict[str, Any] | None = BATCH_NORM,
        init_cfg: Any = KAIMING_INIT,
    ) -> None:
        super().__init__(init_cfg)
        if variant not in STRIDES:
            raise ValueError(
                f'unknown variant {variant!r}; valid: '
                f'{", ".join(sorted(STRIDES))}'
            )
        if not out_indices or not set(out_indices) <= {0, 1, 2, 3}:
            raise ValueError(
                'out_indices must be some of 0, 1, 2, 3, got '
                f'{tuple(out_indices)}'
            )
        self.out_indices = tuple(sorted(out_indices))
        s = STRIDES[variant]
        self.conv1 = conv_norm_relu(
            in_channels, 96, 11, stride=s[0], norm_cfg=norm_cfg
        )
        self.conv2 = conv_norm_relu(96, 256, 5, norm_cfg=norm_cfg)
        self.conv3 = conv_norm_relu(256, 384, 3, norm_cfg=norm_cfg)
        self.conv4 = conv_norm_relu(384, 384, 3, norm_cfg=norm_cfg)
        self.conv5 = conv_norm_relu(384, 256, 3, norm_cfg=norm_cfg)
        self.fc6 = conv_norm_relu(256, 4096, 3, norm_cfg=norm_cfg)
        self.fc7 = conv_norm_relu(4096, 4096, 1, norm_cfg=norm_cfg)
        self.pool1, self.pool2, self.pool3 = (
            nn.MaxPool2d(3, stride, padding=1) for stride in s[1:]
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the maps of ``out_indices``, finest first.

        Args:
            x: (N, in_channels, H, W).
        """
        c1 = self.conv1(x)
        c2 = self.conv2(self.pool1(c1))
        c5 = self.conv5(self.conv4(self.conv3(self.pool2(c2))))
        x = self.dropout(self.fc6(self.pool3(c5)))
        x = self.dropout(self.fc7(x))
        maps = (c1, c2, c5, x)
        return tuple(maps[i] for i in self.out_indices)
