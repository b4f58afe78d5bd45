"""Features of boxes on one map."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from mmssl.models.regions.cells import Cells, check_cells, join_cells
from mmssl.models.regions.feature_maps import pick_stage
from mmssl.models.regions.map_stride import HW, map_stride
from mmssl.models.regions.roi_align import BACKENDS, Backend, roi_align
from mmssl.registry import MODELS


@MODELS.register_module()
class RoIRegions(nn.Module):
    """RoIAlign on one of the backbone's maps: one vector for each box.

    Source: Roh et al. 2021 (SCRL), arXiv:2103.06122; published: 1x1 on the
        last map (stride 32), adaptive sampling, not aligned.
    Deviates: none; any other output size is an ablation.

    Args:
        output_size: cells of a box along each axis (pool size).
        cells: with more than one: ``'mean'`` or ``'flatten'``, see
            :func:`join_cells`.
        stage: place of the map among those the backbone gives out.
        stride: of that map, px, held against its real one. Defaults to
            None: found from the sizes of map and input.
        sampling_ratio: samples of a cell along each axis; <= 0: adaptive.
        aligned: half-pixel shift.
        backend: ``'auto'``, ``'mmcv'`` or ``'torchvision'``: the same
            numbers.

    Raises:
        ValueError: unknown ``backend`` or ``cells``, ``output_size`` < 1.
    """

    needs_boxes = True

    def __init__(
        self,
        output_size: int = 1,
        cells: Cells = 'mean',
        stage: int = -1,
        stride: int | None = None,
        sampling_ratio: int = -1,
        aligned: bool = False,
        backend: Backend = 'auto',
    ) -> None:
        super().__init__()
        check_cells(cells, output_size)
        if backend not in BACKENDS:
            raise ValueError(
                f'unknown backend {backend!r}; valid: {", ".join(BACKENDS)}'
            )
        self.output_size = output_size
        self.cells = cells
        self.stage = stage
        self.stride = stride
        self.sampling_ratio = sampling_ratio
        self.aligned = aligned
        self.backend = backend

    def forward(
        self,
        maps: Sequence[Tensor],
        boxes: Tensor,
        input_hw: HW | None = None,
    ) -> Tensor:
        """Return the vectors of the boxes.

        Args:
            maps: of the backbone, each (N, C, h, w).
            boxes: (M, 5): image in the batch, x1, y1, x2, y2 in px.
            input_hw: (H, W) of the images, px; None: ``stride`` is believed.

        Returns:
            (M, C), or (M, C * s * s) for flattened cells; float32.

        Raises:
            ValueError: the stride does not fit, or there is no such stage.
            TypeError: the backbone gives no maps.
        """
        feature_map = pick_stage(maps, self.stage)
        height, width = feature_map.shape[-2:]
        pooled = roi_align(
            feature_map,
            boxes,
            map_stride((height, width), input_hw, self.stride),
            self.output_size,
            self.sampling_ratio,
            self.aligned,
            self.backend,
        )
        return join_cells(pooled, self.cells)
