"""The classes of pixels, as segmentation pipelines of mmseg take them."""

from __future__ import annotations

import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.datasets.mask_classes import IGNORED
from mmssl.registry import TRANSFORMS

_IGNORED_THERE = 255  # by mmseg's losses and metrics


@TRANSFORMS.register_module()
class MaskToSegMap(BaseTransform):
    """Give the mask of :class:`~mmssl.datasets.ImageMasks` to mmseg.

    In the place of mmseg's ``LoadAnnotations``: its transforms then resize,
    crop and flip the map with the image. In tests it stands after the
    resizing, so that pictures are judged at their own size. Masks are
    matched with images, grouped into coarser classes and checked by the
    dataset; its names of classes are the metric's.

    Required keys: gt_mask (H, W) int16, -100: not judged. Added: gt_seg_map
    (H, W) uint8, 255: not judged; seg_fields, reduce_zero_label.

    Raises:
        ValueError: There is no mask, or there are more classes than 255.

    Example:
        >>> found = MaskToSegMap().transform(
        ...     dict(gt_mask=np.array([[2, -100]]))
        ... )
        >>> found['gt_seg_map'].tolist()
        [[2, 255]]
    """

    def transform(self, results: dict) -> dict:
        """Add the map."""
        mask = results.get('gt_mask')
        if mask is None:
            raise ValueError(
                'MaskToSegMap takes samples with a gt_mask: use '
                "dataset=dict(type='mmssl.ImageMasks', ...)"
            )
        if mask.max(initial=0) >= _IGNORED_THERE:
            raise ValueError(
                f'mmseg has room for {_IGNORED_THERE} classes, got label '
                f'{mask.max()}: group the classes (ImageMasks, groups=)'
            )
        found = np.where(mask == IGNORED, _IGNORED_THERE, mask)
        results['gt_seg_map'] = found.astype(np.uint8)
        results.setdefault('seg_fields', []).append('gt_seg_map')
        results['reduce_zero_label'] = False
        return results
