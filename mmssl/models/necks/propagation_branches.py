"""Propagation of motion at several scales, which CMP's decoders share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmssl.models.utils.conv_block import conv_norm_relu
from mmssl.models.utils.resize import resize_bilinear


class PropagationBranches(BaseModule):
    """Branches "maxpool(k)-[conv3x3-norm-relu]xn-up", concatenated.

    Keys: ``branches.pool{k}.{i}.{0 convolution, 1 norm}``.

    Args:
        in_channels: channels that come in.
        channels: channels of each branch.
        pools: the k of each branch, different, >= 1.
        num_convs: convolutions of each branch.
        norm_cfg: config of the norm layers.
        init_cfg: mmengine's initialisation.

    Raises:
        ValueError: ``pools`` are empty, repeated or < 1.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        pools: Sequence[int],
        num_convs: int,
        norm_cfg: dict[str, Any] | None,
        init_cfg: Any = None,
    ) -> None:
        super().__init__(init_cfg)
        if not pools or len(set(pools)) < len(pools) or min(pools) < 1:
            raise ValueError(
                f'pools must be different whole numbers >= 1, got {pools}'
            )
        self.pools = tuple(pools)
        self.out_channels = channels * len(self.pools)
        self.branches = nn.ModuleDict()
        for k in self.pools:
            widths = [in_channels] + [channels] * num_convs
            self.branches[f'pool{k}'] = nn.Sequential(
                *(
                    conv_norm_relu(a, b, 3, norm_cfg=norm_cfg)
                    for a, b in zip(widths, widths[1:])
                )
            )

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, channels * branches, h, w) for (N, in_channels, h, w).

        Raises:
            ValueError: the map is smaller than a pool.
        """
        if min(x.shape[-2:]) < max(self.pools):
            raise ValueError(
                f'a map of {x.shape[-2]}x{x.shape[-1]} cells is smaller than '
                f'the largest pool, {max(self.pools)}: use larger crops, a '
                'backbone of smaller stride, or smaller pools'
            )
        maps = []
        for k in self.pools:
            y = nn.functional.max_pool2d(x, k, k) if k > 1 else x
            y = self.branches[f'pool{k}'](y)
            maps.append(resize_bilinear(y, x.shape[-2:]))
        return torch.cat(maps, dim=1)
