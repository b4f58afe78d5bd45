"""RoIAlign by torchvision or mmcv, with the same numbers."""

from __future__ import annotations

from typing import Literal

import torch
import torchvision
from torch import Tensor

from mmssl.utils.optional import require

Backend = Literal['auto', 'mmcv', 'torchvision']
BACKENDS = ('auto', 'mmcv', 'torchvision')


def roi_align(
    feature_map: Tensor,
    boxes: Tensor,
    stride: int,
    output_size: int = 1,
    sampling_ratio: int = -1,
    aligned: bool = False,
    backend: Backend = 'auto',
) -> Tensor:
    """Average bilinear samples of a map in the cells of boxes.

    Computed in float32 (float64 stays), also under autocast: half precision
    would round the places of the samples. No box gives an empty result that
    is still connected to the map, so that every process has a graph.

    Source: He et al. 2017 (Mask R-CNN), arXiv:1703.06870, sec. 3; SCRL uses
        output size 1, adaptive sampling and no half-pixel shift.
    Deviates: none.

    Args:
        feature_map: (N, C, h, w), any float dtype.
        boxes: (M, 5): row of the map, x1, y1, x2, y2 in px of the input.
        stride: of the map, px.
        output_size: cells of a box along each axis.
        sampling_ratio: samples of a cell along each axis; <= 0: as many as
            the cell has map cells, rounded up.
        aligned: shift by half a cell, as detectors do since 2019.
        backend: 'torchvision', 'mmcv' (compiled), or 'auto': torchvision,
            which is always there and whose forward pass is the faster one
            on a CPU.

    Returns:
        (M, C, output_size, output_size), float32 or float64.

    Raises:
        ImportError: mmcv's operators are asked for and missing.
        ValueError: unknown ``backend``, or ``boxes`` is not (M, 5).

    Example:
        >>> ramp = torch.arange(16.0).view(1, 1, 4, 4)
        >>> box = torch.tensor([[0.0, 8.0, 8.0, 24.0, 24.0]])
        >>> roi_align(ramp, box, stride=8).flatten()
        tensor([10.])
    """
    if backend not in BACKENDS:
        raise ValueError(
            f'unknown backend {backend!r}; valid: {", ".join(BACKENDS)}'
        )
    if boxes.dim() != 2 or boxes.shape[1] != 5:
        raise ValueError(
            'boxes must be (M, 5): row of the map, x1, y1, x2, y2; got '
            f'{tuple(boxes.shape)}'
        )
    dtype = torch.promote_types(feature_map.dtype, torch.float32)
    with torch.autocast(feature_map.device.type, enabled=False):
        feature_map, boxes = feature_map.to(dtype), boxes.to(dtype)
        if not len(boxes):
            return _empty(feature_map, output_size)
        if backend == 'mmcv':
            ops = require('mmcv.ops', 'RoIAlign with backend mmcv')
            return ops.roi_align(
                feature_map,
                boxes,
                output_size,
                1 / stride,
                max(sampling_ratio, 0),  # mmcv's word for "adaptive" is 0
                'avg',
                aligned,
            )
        return torchvision.ops.roi_align(
            feature_map,
            boxes,
            output_size,
            1 / stride,
            sampling_ratio,
            aligned,
        )


def _empty(feature_map: Tensor, output_size: int) -> Tensor:
    """Return (0, C, s, s) whose gradient is a zero of the map's shape."""
    pooled = feature_map.mean((2, 3), keepdim=True)[:0]
    return pooled.expand(-1, -1, output_size, output_size)
