"""The 1x1 convolution between a backbone and what uses its map."""

from __future__ import annotations

from typing import Any

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmssl.models.utils.conv_block import KAIMING_INIT
from mmssl.registry import MODELS


@MODELS.register_module()
class ConvProjection(BaseModule):
    """1x1 convolution with bias, no norm: CMP's ``conv5`` and ``conv8``.

    It is dropped with the rest of the decoder when the backbone is
    exported.

    Args:
        in_channels: channels of the backbone's last map.
        out_channels: channels that go out. Defaults to 256.
        init_cfg: mmengine's initialisation. Defaults to Kaiming.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int = 256,
        init_cfg: Any = KAIMING_INIT,
    ) -> None:
        super().__init__(init_cfg)
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.conv = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Project (N, in_channels, h, w) to (N, out_channels, h, w)."""
        return self.conv(x)
