"""Keypoints of a data set's record as an array."""

from __future__ import annotations

import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class LoadKeypoints(BaseTransform):
    """Put the keypoints of all instances into one array.

    COCO's keypoints are indices of pixels: 0.5 is added, so that they mean
    the middle of the pixel, as boxes and heatmaps do. What is not labelled
    (visibility 0) is (0, 0, 0).

    Source: detectron2 (it adds the 0.5 when it loads).

    Args:
        offset: Added to x and y. Defaults to 0.5.

    Required Keys:
        - instances: list of dicts with 'keypoints', (K, 3) or 3 * K numbers

    Added Keys:
        - gt_keypoints: (N, K, 3) float32, one row for each instance
    """

    def __init__(self, offset: float = 0.5) -> None:
        self.offset = offset

    def transform(self, results: dict) -> dict:
        """Return ``results`` with ``gt_keypoints``."""
        rows = []
        for instance in results['instances']:
            if 'keypoints' not in instance:
                raise ValueError(
                    f'{results.get("img_path")}: an instance has no '
                    "'keypoints': read the annotations with "
                    'mmssl.KeypointCocoDataset'
                )
            row = np.array(instance['keypoints'], np.float32).reshape(-1, 3)
            row[:, :2] += self.offset
            row[row[:, 2] <= 0] = 0
            rows.append(row)
        count = len(results.get('flip_indices', ())) or 0
        results['gt_keypoints'] = (
            np.stack(rows) if rows else np.zeros((0, count, 3), np.float32)
        )
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(offset={self.offset})'
