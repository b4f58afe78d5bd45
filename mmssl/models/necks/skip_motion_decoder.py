"""CMP's skip decoder: scales side by side, then up along the backbone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmssl.models.necks.propagation_branches import PropagationBranches
from mmssl.models.utils.conv_block import (
    BATCH_NORM,
    KAIMING_INIT,
    conv_norm_relu,
)
from mmssl.models.utils.resize import resize_bilinear
from mmssl.registry import MODELS


@MODELS.register_module()
class SkipMotionDecoder(BaseModule):
    """Propagates motion at several scales, then refines it level by level.

    All blocks are conv3x3-norm-relu. The branches are fused to F channels;
    then, for each skip level, coarsest first: up to the skip map's size,
    concatenate with the skip map reduced to half its channels, fuse to half
    the channels of before. Published: F = 256, skips (256, 64) -> reduced
    (128, 32), fused (128, 64); output at 1/2 of the image.

    Any backbone fits, with as many levels as it gives out: (192, 96) is
    Swin-T with ``out_indices=(0, 1, 3)``.

    Source: Zhan et al. 2019 (CMP), ``models/modules/decoder.py``,
        MotionDecoderSkipLayer; its closing 1x1 convolution is the head's.
    Deviates: ``pools`` is obeyed (there it is ignored); the image itself,
        which is received and unused there, is not passed.

    Args:
        in_channels: channels of image and motion map together. Defaults to
            272 = 256 + 16.
        skip_channels: channels of the skip maps, **coarsest first**.
            Defaults to (256, 64).
        channels: channels of each branch. Defaults to 128.
        pools: max-pool of each branch. Defaults to (1, 2, 4, 8).
        num_convs: convolutions of each branch. Defaults to 3.
        fused_channels: F. Defaults to 256.
        norm_cfg: config of the norm layers. Defaults to ``dict(type='BN')``.
        init_cfg: mmengine's initialisation. Defaults to Kaiming.

    Raises:
        ValueError: too few ``fused_channels`` to be halved for each level.
    """

    def __init__(
        self,
        in_channels: int = 272,
        skip_channels: Sequence[int] = (256, 64),
        channels: int = 128,
        pools: Sequence[int] = (1, 2, 4, 8),
        num_convs: int = 3,
        fused_channels: int = 256,
        norm_cfg: dict[str, Any] | None = BATCH_NORM,
        init_cfg: Any = KAIMING_INIT,
    ) -> None:
        super().__init__(init_cfg)
        levels = len(skip_channels)
        if fused_channels % 2**levels:
            raise ValueError(
                f'fused_channels must be a multiple of {2**levels} to be '
                f'halved for each of {levels} skip levels, got '
                f'{fused_channels}'
            )
        self.in_channels = in_channels
        self.skip_channels = tuple(skip_channels)
        self.out_channels = fused_channels // 2**levels
        self.propagate = PropagationBranches(
            in_channels, channels, pools, num_convs, norm_cfg
        )
        self.fuse = conv_norm_relu(
            self.propagate.out_channels, fused_channels, 3, norm_cfg=norm_cfg
        )
        self.skip_convs = nn.ModuleList()
        self.fusions = nn.ModuleList()
        width = fused_channels
        for skip in self.skip_channels:
            reduced = max(skip // 2, 1)
            self.skip_convs.append(
                conv_norm_relu(skip, reduced, 3, norm_cfg=norm_cfg)
            )
            self.fusions.append(
                conv_norm_relu(
                    width + reduced, width // 2, 3, norm_cfg=norm_cfg
                )
            )
            width //= 2

    def forward(self, x: Tensor, skips: Sequence[Tensor]) -> Tensor:
        """Decode the joint map.

        Args:
            x: (N, in_channels, h, w).
            skips: the backbone's earlier maps as it gives them, **finest
                first**.

        Returns:
            (N, out_channels, H', W'), the size of the finest skip map.

        Raises:
            ValueError: number or channels of ``skips`` are not as declared.
        """
        coarsest_first = skips[::-1]
        got = tuple(skip.shape[1] for skip in coarsest_first)
        if got != self.skip_channels:
            raise ValueError(
                f'skip_channels, coarsest first, are {self.skip_channels}, '
                f'but the maps of the backbone before its last have {got} '
                'channels: let its out_indices and skip_channels agree'
            )
        x = self.fuse(self.propagate(x))
        for skip, reduce, fuse in zip(
            coarsest_first, self.skip_convs, self.fusions
        ):
            x = resize_bilinear(x, skip.shape[-2:])
            x = fuse(torch.cat((x, reduce(skip)), dim=1))
        return x
