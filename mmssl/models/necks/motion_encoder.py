"""Encoder of the sparse guidance."""

from __future__ import annotations

import math
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


@MODELS.register_module()
class MotionEncoder(BaseModule):
    """Two convolutions that carry sparse flow to the backbone's stride.

    conv5x5(stride a)-norm-relu-maxpool(b)-conv3x3-norm-relu-avgpool(c).
    Published: (2, 2, 2) for stride 8 and (2, 2, 8) for 32; (2, 2, 4) is
    stride 16, and so on.

    Source: Zhan et al. 2019 (CMP), ``models/modules/shallownet.py``.
    Deviates: none.

    Args:
        strides: (a, b, c), each >= 1; their product is the total stride.
        in_channels: u, v and the two mask channels. Defaults to 4.
        channels: channels that go out. Defaults to 16.
        norm_cfg: config of the norm layers. Defaults to ``dict(type='BN')``.
        init_cfg: mmengine's initialisation. Defaults to Kaiming.

    Raises:
        ValueError: ``strides`` are not three positive whole numbers.
    """

    def __init__(
        self,
        strides: Sequence[int] = (2, 2, 2),
        in_channels: int = 4,
        channels: int = 16,
        norm_cfg: dict[str, Any] | None = BATCH_NORM,
        init_cfg: Any = KAIMING_INIT,
    ) -> None:
        super().__init__(init_cfg)
        if len(strides) != 3 or any(
            not isinstance(s, int) or s < 1 for s in strides
        ):
            raise ValueError(
                'strides must be three whole numbers >= 1: of the first '
                f'convolution, the max-pool, the average-pool; got {strides}'
            )
        first, middle, last = strides
        self.stride = math.prod(strides)
        self.out_channels = channels
        self.conv1 = conv_norm_relu(
            in_channels, channels, 5, stride=first, norm_cfg=norm_cfg
        )
        self.max_pool = nn.MaxPool2d(middle, middle)
        self.conv2 = conv_norm_relu(channels, channels, 3, norm_cfg=norm_cfg)
        self.avg_pool = nn.AvgPool2d(last, last)

    def forward(self, guidance: Tensor) -> Tensor:
        """Encode the guidance.

        Args:
            guidance: (N, 4, H, W): u, v in px at the guidance points and 0
                elsewhere, then the mask twice.

        Returns:
            (N, channels, h, w), about H / stride x W / stride.
        """
        x = self.max_pool(self.conv1(guidance))
        return self.avg_pool(self.conv2(x))
