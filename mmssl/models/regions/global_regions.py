"""One region for each image: all of it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmssl.models.regions.map_stride import HW
from mmssl.registry import MODELS


@MODELS.register_module()
class GlobalRegions(nn.Module):
    """Mean of one of the backbone's maps: what BYOL learns from.

    Source: Grill et al. 2020 (BYOL), arXiv:2006.07733.
    Deviates: none.

    Args:
        stage: place of the map among those the backbone gives out.
    """

    needs_boxes = False

    def __init__(self, stage: int = -1) -> None:
        super().__init__()
        self.stage = stage

    def forward(
        self,
        maps: Sequence[Tensor],
        boxes: Tensor | None = None,
        input_hw: HW | None = None,
    ) -> Tensor:
        """Return the vectors of the images.

        Args:
            maps: of the backbone, each (N, C, h, w), or (N, C) where it has
                pooled them itself.
            boxes: not used.
            input_hw: not used.

        Returns:
            (N, C) float32 (float64 stays), also under autocast.

        Raises:
            ValueError: there is no such stage, or it is no map.
        """
        if not -len(maps) <= self.stage < len(maps):
            raise ValueError(
                f'stage {self.stage} is not there: the backbone gives '
                f'{len(maps)} map(s); set backbone.out_indices'
            )
        x = maps[self.stage]
        if x.dim() not in (2, 4):
            raise ValueError(
                'the backbone must give (N, C, h, w) or (N, C), got '
                f"{tuple(x.shape)}; set out_type='featmap' or 'cls_token'"
            )
        with torch.autocast(x.device.type, enabled=False):
            x = x.to(torch.promote_types(x.dtype, torch.float32))
            return x.mean((2, 3)) if x.dim() == 4 else x
