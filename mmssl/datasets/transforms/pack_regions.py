"""Packing an image with labelled boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from mmcv.transforms import BaseTransform

from mmssl.io.errors import DataFileError
from mmssl.registry import TRANSFORMS

META_KEYS = (
    'img_path',
    'sample_idx',
    'draw',
    'source',
    'ori_shape',
    'img_shape',
    'flip',
)


@TRANSFORMS.register_module()
class PackRegions(BaseTransform):
    """Turn an image and its boxes into tensors.

    Required keys: img (H, W, 3) uint8, gt_bboxes (K, 4), gt_bboxes_labels
    (K,). Output::

        inputs:       (3, H, W) uint8 RGB
        data_samples: DataSample with gt_boxes (K, 4) float32 x1, y1, x2, y2
                      px of the input, gt_label (K,) int64, the meta keys

    Images of a batch differ in size: collate with ``pseudo_collate``, the
    data preprocessor pads.

    Args:
        meta_keys: Keys of the sample to keep as metainfo where present.

    Raises:
        DataFileError: A box lies outside of its image, so the file speaks of
            another picture.
    """

    def __init__(self, meta_keys: Sequence[str] = META_KEYS) -> None:
        self.meta_keys = tuple(meta_keys)

    def transform(self, results: dict) -> dict:
        """Pack the sample."""
        from mmpretrain.structures import DataSample

        img, boxes = results['img'], results['gt_bboxes']
        _check_inside(boxes, img.shape[:2], results)
        sample = DataSample(
            metainfo={
                key: results[key] for key in self.meta_keys if key in results
            }
        )
        sample.gt_boxes = torch.from_numpy(np.array(boxes, np.float32))
        labels = np.array(results['gt_bboxes_labels'], np.int64)
        sample.set_gt_label(torch.from_numpy(labels))
        planes = np.ascontiguousarray(img.transpose(2, 0, 1))
        return dict(inputs=torch.from_numpy(planes), data_samples=sample)


def _check_inside(
    boxes: np.ndarray, shape_hw: tuple[int, int], results: dict
) -> None:
    """Refuse boxes more than 1 px outside of the image."""
    limit = np.array([*shape_hw[::-1]] * 2) + 1
    outside = (boxes > limit).any(axis=1) | (boxes < -1).any(axis=1)
    if outside.any():
        box = np.round(boxes[outside][0], 1).tolist()
        raise DataFileError(
            results.get('img_path', 'image'),
            f'the box {box} (x1, y1, x2, y2) is outside of the '
            f'{shape_hw[1]} x {shape_hw[0]} px of the image',
            results.get('source'),
            'Do width and height in the COCO file belong to this image?',
        )
