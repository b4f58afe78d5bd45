"""Tells the part of a body from a feature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmcv.cnn import build_norm_layer
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmssl.registry import MODELS


@MODELS.register_module()
class SemanticHead(BaseModule):
    """Blocks of a linear layer, a norm and ReLU, then a linear layer.

    Source: SOLIDER (Chen et al. 2023), arXiv:2303.17602, supplement: n
        blocks of FC, BN and ReLU, best n = 3.
    Deviates: the width, which is not told, is that of the features. The
        published code has a :class:`DINONeck` of 4 prototypes instead.

    Args:
        in_channels: C of the backbone's last map.
        num_classes: K: parts, and the background.
        num_blocks: n.
        hid_channels: of the blocks. Defaults to ``in_channels``.
        norm_cfg: of the blocks; None: no norm, and biases.
        init_cfg: mmengine's. Defaults to torch's initialisation.

    Raises:
        ValueError: a number is below 1 (blocks: below 0).
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int = 4,
        num_blocks: int = 3,
        hid_channels: int | None = None,
        norm_cfg: dict[str, Any] | None = dict(type='BN1d'),  # noqa: B006
        init_cfg: Any = None,
    ) -> None:
        super().__init__(init_cfg)
        hid_channels = in_channels if hid_channels is None else hid_channels
        _check(in_channels, num_classes, hid_channels, num_blocks)
        self.in_channels = in_channels
        self.num_classes = num_classes
        self.blocks = nn.Sequential()
        width = in_channels
        for n in range(num_blocks):
            block = nn.Sequential()
            block.add_module(
                'fc', nn.Linear(width, hid_channels, bias=norm_cfg is None)
            )
            if norm_cfg is not None:
                norm = build_norm_layer(dict(norm_cfg), hid_channels)[1]
                block.add_module('norm', norm)
            block.add_module('act', nn.ReLU(inplace=True))
            self.blocks.add_module(str(n), block)
            width = hid_channels
        self.fc = nn.Linear(width, num_classes)

    def forward(self, features: Tensor | Sequence[Tensor]) -> tuple[Tensor]:
        """Return the logits.

        Args:
            features: (R, C), or a tuple, of which the last counts.

        Returns:
            One tensor (R, K).

        Raises:
            ValueError: C is not ``in_channels``, or there is one row only
                for batch norms that train.
        """
        rows = features if isinstance(features, Tensor) else features[-1]
        if rows.shape[-1] != self.in_channels:
            raise ValueError(
                f'the semantic head has in_channels={self.in_channels}, the '
                f'features {rows.shape[-1]}: set semantic_head.in_channels'
            )
        norms = (type(m) is nn.BatchNorm1d for m in self.modules())
        if len(rows) == 1 and self.training and any(norms):
            raise ValueError(
                'batch norms of the semantic head cannot train on 1 cell of '
                '1 image: take larger batches or images, or '
                "semantic_head.norm_cfg=dict(type='LN')"
            )
        return (self.fc(self.blocks(rows)),)


def _check(
    in_channels: int, num_classes: int, hid_channels: int, num_blocks: int
) -> None:
    numbers = dict(
        hid_channels=hid_channels,
        in_channels=in_channels,
        num_classes=num_classes,
    )
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f'{name} must be at least 1, got {number}')
    if num_blocks < 0:
        raise ValueError(f'num_blocks must be at least 0, got {num_blocks}')
