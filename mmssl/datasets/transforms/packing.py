"""Packing a sample for FlowDataPreprocessor."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from mmcv.transforms import BaseTransform

from mmssl.registry import TRANSFORMS

META_KEYS = (
    'img_path',
    'flow_path',
    'sample_idx',
    'draw',
    'ori_shape',
    'img_shape',
    'flip',
    'source',
    'frame_idx',
)


@TRANSFORMS.register_module()
class PackFlowInputs(BaseTransform):
    """Turn a sample into tensors: what goes in, and what is to come out.

    No normalisation here: images travel to the main process as 8-bit.

    Required keys: img. Used if there: guidance_points and guidance_vectors,
    flow, and the meta keys.

    Output::

        inputs:       img (3, H, W) uint8 RGB,
                      guidance_points (K, 2) int64 row, col,
                      guidance_vectors (K, 2) float32 u, v in px
        data_samples: DataSample with gt_flow (2, H, W) float32 px
                      and the meta keys

    Args:
        meta_keys: Keys of the sample to keep as metainfo where present.

    Raises:
        ValueError: ``img`` is no (H, W, 3) uint8 array, or ``flow`` no
            (H, W, 2) array of the same size.
    """

    def __init__(self, meta_keys: Sequence[str] = META_KEYS) -> None:
        self.meta_keys = tuple(meta_keys)

    def transform(self, results: dict) -> dict:
        """Pack the sample."""
        # Not above: a worker that does not pack saves 50 MB.
        from mmpretrain.structures import DataSample

        img = results['img']
        if img.ndim != 3 or img.shape[2] != 3 or img.dtype != np.uint8:
            raise ValueError(
                f'img must be (H, W, 3) uint8, got {img.shape} {img.dtype}'
            )
        inputs = dict(img=_planes(img))
        if 'guidance_points' in results:
            inputs.update(_guidance(results))
        sample = DataSample(
            metainfo={
                key: results[key] for key in self.meta_keys if key in results
            }
        )
        if 'flow' in results:
            flow = results['flow']
            if flow.shape != (*img.shape[:2], 2):
                raise ValueError(
                    f'flow {flow.shape} does not fit img {img.shape}'
                )
            sample.gt_flow = _planes(np.asarray(flow, np.float32))
        return dict(inputs=inputs, data_samples=sample)


def _guidance(results: dict) -> dict[str, torch.Tensor]:
    """Return points (K, 2) int64 and vectors (K, 2) float32."""
    points = np.array(results['guidance_points'], np.int64).reshape(-1, 2)
    vectors = np.array(results['guidance_vectors'], np.float32)
    return dict(
        guidance_points=torch.from_numpy(points),
        guidance_vectors=torch.from_numpy(vectors.reshape(-1, 2)),
    )


def _planes(array: np.ndarray) -> torch.Tensor:
    """Turn (H, W, C) into a contiguous (C, H, W) tensor."""
    h, w, channels = array.shape
    planes = np.empty((channels, h, w), array.dtype)
    # Ten times as fast as a transposed copy.
    cv2.split(array, list(planes))
    return torch.from_numpy(planes)
