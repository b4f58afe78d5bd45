"""Packing the views of an image for ViewsDataPreprocessor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import torch
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms.view_record import get_record
from mmssl.registry import TRANSFORMS

META_KEYS = ('img_path', 'sample_idx', 'draw', 'source', 'ori_shape')


@TRANSFORMS.register_module()
class PackViews(BaseTransform):
    """Turn views, their records and boxes into tensors.

    No normalisation here: views travel to the main process as 8-bit. Without
    MultiViewGeometry the image itself is the one view.

    Required keys: views, or img. Used if there: view_geometry, boxes and
    box_views, gt_label, and the meta keys.

    Output::

        inputs:       V tensors (3, h, w) uint8 RGB
        data_samples: DataSample with
                      view_geometry (V, 5) float64: y, x, h, w, flipped,
                      boxes (M, 2, 4) float32 and box_views (M, 2) int64,
                      gt_label, and the meta keys

    Args:
        meta_keys: Keys of the sample to keep as metainfo where present.

    Raises:
        ValueError: A view is no (h, w, 3) uint8 array.
    """

    def __init__(self, meta_keys: Sequence[str] = META_KEYS) -> None:
        self.meta_keys = tuple(meta_keys)

    def transform(self, results: dict) -> dict:
        """Pack the sample."""
        # Not above: a worker that does not pack saves 50 MB.
        from mmpretrain.structures import DataSample

        views, geometry = _views(results)
        sample = DataSample(
            metainfo={
                key: results[key] for key in self.meta_keys if key in results
            }
        )
        sample.view_geometry = _tensor(geometry, np.float64)
        if 'boxes' in results:
            sample.boxes = _tensor(results['boxes'], np.float32)
            sample.box_views = _tensor(results['box_views'], np.int64)
        if results.get('gt_label') is not None:
            sample.set_gt_label(results['gt_label'])
        return dict(
            inputs=[_planes(view) for view in views], data_samples=sample
        )

    def __repr__(self) -> str:
        return f'{type(self).__name__}(meta_keys={list(self.meta_keys)})'


def _views(results: dict) -> tuple[list[np.ndarray], Any]:
    """Return the views of a sample and their records (V, 5)."""
    if 'views' in results:
        return results['views'], results['view_geometry']
    return [results['img']], get_record(results)[None]


def _tensor(values: Any, dtype: Any) -> torch.Tensor:
    return torch.from_numpy(np.array(values, dtype))


def _planes(view: np.ndarray) -> torch.Tensor:
    """Turn (h, w, 3) uint8 into a contiguous (3, h, w) tensor."""
    if view.ndim != 3 or view.shape[2] != 3 or view.dtype != np.uint8:
        raise ValueError(
            f'a view must be (h, w, 3) uint8, got {view.shape} {view.dtype}'
        )
    planes = np.empty((3, *view.shape[:2]), np.uint8)
    # Ten times as fast as a transposed copy.
    cv2.split(np.ascontiguousarray(view), list(planes))
    return torch.from_numpy(planes)
