"""Mirror an image left to right, boxes with it."""

from __future__ import annotations

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms.random import get_rng
from mmssl.registry import TRANSFORMS


def flipped_boxes(boxes: np.ndarray, width: int) -> np.ndarray:
    """Mirror boxes in an image.

    Args:
        boxes: (K, 4) x1, y1, x2, y2 px.
        width: Of the image, px.

    Returns:
        (K, 4), x1 <= x2 again.

    Example:
        >>> flipped_boxes(np.array([[1.0, 2.0, 4.0, 5.0]]), 10)
        array([[6., 2., 9., 5.]])
    """
    mirrored = boxes.copy()
    mirrored[:, 0] = width - boxes[:, 2]
    mirrored[:, 2] = width - boxes[:, 0]
    return mirrored


@TRANSFORMS.register_module()
class FlipRegions(BaseTransform):
    """Mirror image and boxes with a probability.

    Required keys: img, rng; gt_bboxes (K, 4), if there.
    Modified keys: img, gt_bboxes. Added keys: flip.

    Args:
        prob: In [0, 1].

    Raises:
        ValueError: ``prob`` is outside.
    """

    def __init__(self, prob: float = 0.5) -> None:
        if not 0 <= prob <= 1:
            raise ValueError(f'prob must be in [0, 1], got {prob}')
        self.prob = prob

    def transform(self, results: dict) -> dict:
        """Mirror, or not."""
        results['flip'] = bool(get_rng(results).random() < self.prob)
        if results['flip']:
            results['img'] = cv2.flip(results['img'], 1)
            if 'gt_bboxes' in results:
                results['gt_bboxes'] = flipped_boxes(
                    results['gt_bboxes'], results['img'].shape[1]
                )
        return results
