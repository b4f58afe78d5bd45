"""Keypoints follow what was done to their image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.registry import TRANSFORMS


def map_keypoints(
    keypoints: np.ndarray,
    matrix: np.ndarray,
    shape_hw: tuple[int, int],
    flip_indices: Sequence[int],
) -> np.ndarray:
    """Return keypoints in the coordinates of a changed image.

    (x, y, 1) -> matrix (x, y, 1). If the matrix mirrors (its determinant is
    negative), left and right change names. Points outside the new image
    lose their label and are (0, 0, 0).

    Args:
        keypoints: (N, K, 3) x, y, visibility in the first image.
        matrix: (3, 3) homography from the first image to the new one.
        shape_hw: Height and width of the new image in pixels.
        flip_indices: (K,) the keypoint that each one is in a mirror.

    Returns:
        (N, K, 3) float32.

    Example:
        >>> points = np.array([[[1.0, 2.0, 2.0], [0.0, 0.0, 0.0]]])
        >>> mirror = np.array([[-1.0, 0, 8], [0, 1, 0], [0, 0, 1]])
        >>> map_keypoints(points, mirror, (8, 8), [1, 0]).tolist()
        [[[0.0, 0.0, 0.0], [7.0, 2.0, 2.0]]]
    """
    keypoints = np.asarray(keypoints, np.float64)
    matrix = np.asarray(matrix, np.float64)
    ones = np.ones_like(keypoints[..., :1])
    mapped = np.concatenate([keypoints[..., :2], ones], -1) @ matrix.T
    points = mapped[..., :2] / mapped[..., 2:]
    height, width = shape_hw
    inside = ((points >= 0) & (points <= (width, height))).all(-1)
    labelled = inside & (keypoints[..., 2] > 0)
    result = np.concatenate([points, keypoints[..., 2:]], -1)
    result = np.where(labelled[..., None], result, 0.0)
    if np.linalg.det(matrix) < 0:
        result = result[:, list(flip_indices)]
    return result.astype(np.float32)


@TRANSFORMS.register_module()
class MapKeypoints(BaseTransform):
    """Move keypoints as mmdet's transforms have moved their image.

    Resize, RandomFlip and others of mmdet write down what they did
    (``homography_matrix``): this one comes after them and applies all of it
    at once, in the same continuous coordinates as the boxes. A mirrored
    image swaps left and right; what leaves the image is not labelled any
    more.

    Required Keys:
        - gt_keypoints, flip_indices, img_shape
        - homography_matrix (optional; without it, only what is outside the
          image loses its label)
        - gt_bboxes (optional, to check that all instances are left)

    Modified Keys:
        - gt_keypoints

    Raises:
        ValueError: A transform took boxes away (RandomCrop,
            FilterAnnotations) that keypoints are still there for.
    """

    def transform(self, results: dict) -> dict:
        """Return ``results`` with ``gt_keypoints`` of the present image."""
        boxes = results.get('gt_bboxes')
        keypoints = results['gt_keypoints']
        if boxes is not None and len(boxes) != len(keypoints):
            raise ValueError(
                f'{len(boxes)} boxes and keypoints of {len(keypoints)} '
                'instances: a transform between LoadAnnotations and '
                'MapKeypoints removed boxes; take out RandomCrop, '
                'FilterAnnotations or what else does so'
            )
        matrix = results.get('homography_matrix')
        results['gt_keypoints'] = map_keypoints(
            keypoints,
            np.eye(3) if matrix is None else matrix,
            results['img_shape'][:2],
            results['flip_indices'],
        )
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
