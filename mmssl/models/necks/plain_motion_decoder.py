"""CMP's plain decoder: one branch for each scale, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmengine.model import BaseModule
from torch import Tensor

from mmssl.models.necks.propagation_branches import PropagationBranches
from mmssl.models.utils.conv_block import BATCH_NORM, KAIMING_INIT
from mmssl.registry import MODELS


@MODELS.register_module()
class PlainMotionDecoder(BaseModule):
    """Propagates motion at several scales; as large as the backbone's map.

    Source: Zhan et al. 2019 (CMP), ``models/modules/decoder.py``,
        MotionDecoderPlain; its closing 1x1 convolution is the head's.
    Deviates: none.

    Args:
        in_channels: channels of image and motion map together. Defaults to
            272 = 256 + 16.
        channels: channels of each branch. Defaults to 128.
        pools: max-pool of each branch. Defaults to (1, 2, 4).
        num_convs: convolutions of each branch. Defaults to 2.
        norm_cfg: config of the norm layers. Defaults to ``dict(type='BN')``.
        init_cfg: mmengine's initialisation. Defaults to Kaiming.

    Raises:
        ValueError: ``pools`` are empty, repeated or < 1.
    """

    def __init__(
        self,
        in_channels: int = 272,
        channels: int = 128,
        pools: Sequence[int] = (1, 2, 4),
        num_convs: int = 2,
        norm_cfg: dict[str, Any] | None = BATCH_NORM,
        init_cfg: Any = KAIMING_INIT,
    ) -> None:
        super().__init__(init_cfg)
        self.in_channels = in_channels
        self.propagate = PropagationBranches(
            in_channels, channels, pools, num_convs, norm_cfg
        )
        self.out_channels = self.propagate.out_channels

    def forward(self, x: Tensor, skips: Sequence[Tensor] = ()) -> Tensor:
        """Decode the joint map.

        Args:
            x: (N, in_channels, h, w).
            skips: the backbone's earlier maps; not used.

        Returns:
            (N, channels * len(pools), h, w).
        """
        return self.propagate(x)
