"""The 1x1 convolution between a backbone and what uses its map."""

from __future__ import annotations

from typing import Any

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmssl.models.utils.conv_block import KAIMING_INIT
from mmssl.models.utils.resize import resize_bilinear
from mmssl.registry import MODELS


@MODELS.register_module()
class ConvProjection(BaseModule):
    """1x1 convolution with bias, no norm: CMP's ``conv5`` and ``conv8``.

    It is dropped with the rest of the decoder when the backbone is
    exported.

    ``upsample`` lets guidance join at a finer stride than the backbone's
    last map has: a plain ResNet or Swin (stride 32) with ``upsample=4`` goes
    with the motion encoder of stride 8, at a third of the cost of dilating
    the backbone. Not in the published system.

    Args:
        in_channels: channels of the backbone's last map.
        out_channels: channels that go out. Defaults to 256.
        upsample: factor by which the map grows, bilinearly, corners on
            corners. Defaults to 1.
        init_cfg: mmengine's initialisation. Defaults to Kaiming.

    Raises:
        ValueError: ``upsample`` is not a positive int.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int = 256,
        upsample: int = 1,
        init_cfg: Any = KAIMING_INIT,
    ) -> None:
        super().__init__(init_cfg)
        if not isinstance(upsample, int) or upsample < 1:
            raise ValueError(
                f'upsample must be a positive int, got {upsample!r}'
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.upsample = upsample
        self.conv = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Project (N, in_channels, h, w).

        Returns:
            (N, out_channels, h * upsample, w * upsample).
        """
        x = self.conv(x)
        size = [side * self.upsample for side in x.shape[-2:]]
        return resize_bilinear(x, size)
