"""Features of boxes on the levels of a feature pyramid."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Literal

import torch
from mmcv.cnn import build_norm_layer
from mmengine.model import BaseModule
from torch import Tensor
from torchvision.ops import FeaturePyramidNetwork

from mmssl.models.regions.cells import Cells, check_cells, join_cells
from mmssl.models.regions.feature_maps import check_map
from mmssl.models.regions.level_assignment import assign_levels
from mmssl.models.regions.map_stride import HW, pyramid_strides
from mmssl.models.regions.roi_align import BACKENDS, Backend, roi_align
from mmssl.registry import MODELS

Levels = Literal['assign', 'concat']
LEVELS = ('assign', 'concat')


@MODELS.register_module()
class FPNRegions(BaseModule):
    """RoIAlign on a feature pyramid over all maps of the backbone.

    Each box is read on the level that fits its size, or on every level, the
    vectors side by side (what SCRL's RoI evaluation of a pyramid does).

    Source: Lin et al. 2017 (FPN), arXiv:1612.03144, eq. 1; Roh et al. 2021
        (SCRL), supplement B, for the concatenation. The pyramid is
        torchvision's.
    Deviates: SCRL pretrains without a pyramid; this is an ablation.

    Args:
        in_channels: of the backbone's maps, finest first; the backbone gives
            as many (``out_indices``).
        out_channels: of every level.
        levels: ``'assign'``: one level for each box, by
            :func:`assign_levels`; ``'concat'``: all levels.
        canonical_size: a box of this size (square root of its area, px) ...
        canonical_level: ... belongs to this level; level l has stride 2^l.
        norm_cfg: norm of the pyramid's convolutions. Defaults to None.
        output_size: cells of a box along each axis.
        cells: ``'mean'`` or ``'flatten'``, see :func:`join_cells`.
        sampling_ratio: samples of a cell along each axis; <= 0: adaptive.
        aligned: half-pixel shift; detectors have True.
        backend: ``'auto'``, ``'mmcv'`` or ``'torchvision'``.
        init_cfg: mmengine's initialisation. Defaults to Caffe2's Xavier.

    Attributes:
        fpn: The pyramid.
        out_channels: Of a box's vector.

    Raises:
        ValueError: unknown ``levels``, ``cells`` or ``backend``,
            ``output_size`` < 1, no ``in_channels``.
    """

    needs_boxes = True

    def __init__(
        self,
        in_channels: Sequence[int] = (256, 512, 1024, 2048),
        out_channels: int = 256,
        levels: Levels = 'assign',
        canonical_size: float = 224,
        canonical_level: int = 4,
        norm_cfg: dict[str, Any] | None = None,
        output_size: int = 1,
        cells: Cells = 'mean',
        sampling_ratio: int = -1,
        aligned: bool = False,
        backend: Backend = 'auto',
        init_cfg: Any = None,
    ) -> None:
        super().__init__(
            init_cfg or {'type': 'Caffe2Xavier', 'layer': 'Conv2d'}
        )
        _check(levels, in_channels, backend)
        check_cells(cells, output_size)
        self.fpn = FeaturePyramidNetwork(
            list(in_channels),
            out_channels,
            norm_layer=None
            if norm_cfg is None
            else lambda channels: build_norm_layer(norm_cfg, channels)[1],
        )
        self.num_levels = len(in_channels)
        self.levels = levels
        self.canonical = float(canonical_size), int(canonical_level)
        self.cells = cells
        self.pooling = (output_size, sampling_ratio, aligned, backend)
        repeats = self.num_levels if levels == 'concat' else 1
        area = output_size**2 if cells == 'flatten' else 1
        self.out_channels = out_channels * repeats * area

    def forward(
        self,
        maps: Sequence[Tensor],
        boxes: Tensor,
        input_hw: HW | None = None,
    ) -> Tensor:
        """Return the vectors of the boxes.

        Args:
            maps: of the backbone, each (N, C_l, h_l, w_l), finest first.
            boxes: (M, 5): image in the batch, x1, y1, x2, y2 in px.
            input_hw: (H, W) of the images, px: the strides follow from it.

        Returns:
            (M, ``out_channels``) float32.

        Raises:
            ValueError: another number of maps than ``in_channels``, no
                ``input_hw``, or sizes that no stride explains.
            TypeError: the backbone gives no maps.
        """
        pyramid = self.extract_pyramid(maps)
        sizes = [(level.shape[-2], level.shape[-1]) for level in pyramid]
        strides = pyramid_strides(sizes, input_hw)
        if self.levels == 'concat':
            pooled = [
                self._pool(level, boxes, stride)
                for level, stride in zip(pyramid, strides)
            ]
            return torch.cat(pooled, dim=1)
        return self._pool_assigned(pyramid, boxes, strides)

    def extract_pyramid(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Return the levels, finest first, each (N, C, h_l, w_l)."""
        if len(maps) != self.num_levels:
            raise ValueError(
                f'in_channels has {self.num_levels} maps, but the backbone '
                f'gives {len(maps)}; set backbone.out_indices to as many '
                'stages'
            )
        named = OrderedDict((str(i), check_map(x)) for i, x in enumerate(maps))
        return list(self.fpn(named).values())

    def _pool(self, level: Tensor, boxes: Tensor, stride: int) -> Tensor:
        """Return the vectors of all boxes on one level."""
        pooled = roi_align(level, boxes, stride, *self.pooling)
        return join_cells(pooled, self.cells)

    def _pool_assigned(
        self, pyramid: list[Tensor], boxes: Tensor, strides: list[int]
    ) -> Tensor:
        """Return each box's vector of its own level.

        To pick the boxes of a level, the host would have to know how many
        there are, and wait for a GPU. So every level gets all boxes, those
        that belong elsewhere shrunk to a point, which costs next to nothing.
        """
        index = assign_levels(boxes, strides, *self.canonical)
        vectors = []
        for i, (level, stride) in enumerate(zip(pyramid, strides)):
            mine = (index == i)[:, None]
            own = torch.cat((boxes[:, :1], boxes[:, 1:] * mine), dim=1)
            pooled = self._pool(level, own, stride)
            vectors.append(torch.where(mine, pooled, pooled.new_zeros(())))
        return torch.stack(vectors).sum(0)


def _check(levels: str, in_channels: Sequence[int], backend: str) -> None:
    """Raise ValueError for what cannot be."""
    if levels not in LEVELS:
        raise ValueError(
            f'unknown levels {levels!r}; valid: {", ".join(LEVELS)}'
        )
    if not in_channels:
        raise ValueError('in_channels must name one map at least, got none')
    if backend not in BACKENDS:
        raise ValueError(
            f'unknown backend {backend!r}; valid: {", ".join(BACKENDS)}'
        )
