"""Padding of views to a common size."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms.view_record import (
    crop_record,
    get_record,
    set_view,
)
from mmssl.datasets.transforms.view_size import checked_size
from mmssl.registry import TRANSFORMS

# ImageNet's mean in whole grey levels: 0 after the usual normalisation.
IMAGENET_MEAN = (124, 116, 104)


@TRANSFORMS.register_module()
class PadView(BaseTransform):
    """Pad a view around its centre with the mean colour.

    The record then reaches beyond the original image; box pairs stay inside
    it nevertheless.

    Required keys: img; view_geometry, where there.

    Modified keys: img, img_shape, view_geometry, view_shape.

    Source: Roh et al. 2021 (SCRL), arXiv:2103.06122, appendix J: "mean
    padding".

    Args:
        size: Height and width afterwards, px; one number for both.
        fill: R, G, B in 0 .. 255; by default ImageNet's mean.

    Raises:
        ValueError: A size below 1 or a colour out of range; the view is
            larger than the size, when a sample is seen.
    """

    def __init__(
        self,
        size: int | Sequence[int] = 224,
        fill: Sequence[int] = IMAGENET_MEAN,
    ) -> None:
        if len(fill) != 3 or not all(0 <= value <= 255 for value in fill):
            raise ValueError(
                f'fill must be three values R, G, B in 0 .. 255, got {fill!r}'
            )
        self.size = checked_size(size)
        self.fill = tuple(fill)

    def transform(self, results: dict) -> dict:
        """Pad."""
        record, img = get_record(results), results['img']
        (h, w), (height, width) = img.shape[:2], self.size
        if h > height or w > width:
            raise ValueError(
                f'a view of {h} x {w} px is larger than {height} x {width} '
                'px, to which PadView is to pad: resize it before, or take a '
                'larger size'
            )
        top, left = (height - h) // 2, (width - w) // 2
        record = crop_record(record, (h, w), (-top, -left, height, width))
        img = cv2.copyMakeBorder(
            img,
            *(top, height - h - top, left, width - w - left),
            cv2.BORDER_CONSTANT,
            value=self.fill,
        )
        return set_view(results, img, record)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(size={self.size}, fill={self.fill})'
