"""Pseudo labels of body parts."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.model import BaseModule
from torch import Tensor

from mmssl.clustering import PartMaps, part_label_maps
from mmssl.models.utils.token_maps import tokens_of
from mmssl.registry import MODELS


@MODELS.register_module()
class PartLabels(BaseModule):
    """Labels the cells of feature maps: background and parts of a body.

    See :func:`~mmssl.clustering.part_labels.part_label_maps`, with which all
    arguments are shared. Has no weights and asks nothing of a GPU.

    Source: SOLIDER (Chen et al. 2023), arXiv:2303.17602, algorithm 1.
    Deviates: see there.

    Args:
        num_parts: P; published 3.
        foreground: False: no background is split off.
        min_foreground: the foreground's share of the map must be above it;
            published 0.5.
        max_iters: of k-means.
        num_init: starts of k-means.
        init_cfg: mmengine's; there is nothing to initialise.

    Raises:
        ValueError: a number is out of range.

    Example:
        >>> maps = torch.eye(4).view(1, 4, 4, 1) * torch.tensor(3.0)
        >>> PartLabels(2, foreground=False)(maps).labels.shape
        torch.Size([1, 4, 1])
    """

    def __init__(
        self,
        num_parts: int = 3,
        foreground: bool = True,
        min_foreground: float = 0.5,
        max_iters: int = 12,
        num_init: int = 4,
        init_cfg: Any = None,
    ) -> None:
        super().__init__(init_cfg)
        for name, value in dict(
            num_parts=num_parts, max_iters=max_iters, num_init=num_init
        ).items():
            if value < 1:
                raise ValueError(f'{name} must be at least 1, got {value}')
        if not 0 <= min_foreground < 1:
            raise ValueError(
                'min_foreground is a share of the map, in [0, 1), got '
                f'{min_foreground}'
            )
        self.num_parts = num_parts
        self.options = dict(
            foreground=foreground,
            min_foreground=min_foreground,
            max_iters=max_iters,
            num_init=num_init,
        )

    def forward(
        self, maps: Tensor, generator: torch.Generator | None = None
    ) -> PartMaps:
        """Return labels (N, h, w) and which of them are valid (N,).

        Args:
            maps: (N, C, h, w), any float dtype.
            generator: of the CPU. Defaults to torch's.

        Raises:
            ValueError: there are more parts than cells.
        """
        height, width = maps.shape[-2:]
        options: dict[str, Any] = self.options
        return part_label_maps(
            tokens_of(maps),
            (height, width),
            self.num_parts,
            generator=generator,
            **options,
        )
