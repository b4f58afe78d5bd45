"""A person cut out of its image."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms.view_crop import cut
from mmssl.datasets.transforms.view_pad import IMAGENET_MEAN
from mmssl.datasets.transforms.view_pixels import checked_backend, resize_view
from mmssl.datasets.transforms.view_record import (
    crop_record,
    get_record,
    set_view,
    whole_record,
)
from mmssl.datasets.transforms.view_region import Window
from mmssl.datasets.transforms.view_size import checked_size
from mmssl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class CropPerson(BaseTransform):
    """Cut a person out with some of what is around it, and resize.

    The person's box is widened around its centre to the aspect of ``size``,
    then by ``padding``: nothing is stretched. What lies beyond the image has
    the mean colour.

    Required keys: img, as it was loaded; person_box (4,) x1, y1, x2, y2 px.

    Modified keys: img, img_shape, view_geometry, view_shape.

    Args:
        size: Height and width of the view, px.
        padding: Sides of the window in sides of the box.
        fill: R, G, B beyond the image; by default ImageNet's mean.
        backend: 'torch' or 'pillow', see
            :func:`mmssl.datasets.transforms.view_pixels.resize_view`.

    Raises:
        ValueError: A size or padding that makes no sense; the image was cut
            or resized before, when a sample is seen.
    """

    def __init__(
        self,
        size: int | Sequence[int] = (256, 192),
        padding: float = 1.25,
        fill: Sequence[int] = IMAGENET_MEAN,
        backend: str = 'torch',
    ) -> None:
        if not padding > 0:
            raise ValueError(f'padding must be > 0, got {padding}')
        self.size = checked_size(size)
        self.padding, self.fill = padding, tuple(fill)
        self.backend = checked_backend(backend)

    def transform(self, results: dict) -> dict:
        """Cut and resize."""
        img = results['img']
        hw = img.shape[:2]
        whole = whole_record(hw)
        if not np.array_equal(get_record(results), whole):
            raise ValueError(
                'CropPerson takes the image as it was loaded: put it right '
                'after LoadImageRGB'
            )
        window = person_window(results['person_box'], self.size, self.padding)
        img = padded_cut(img, window, self.fill)
        img = resize_view(img, self.size, self.backend)
        return set_view(results, img, crop_record(whole, hw, window))

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(size={self.size}, padding={self.padding}, '
            f'fill={self.fill}, backend={self.backend!r})'
        )


def person_window(
    box: Sequence[float], size: tuple[int, int], padding: float
) -> Window:
    """Return the window of a person: the box widened to an aspect.

    Args:
        box: x1, y1, x2, y2 px.
        size: Height and width whose aspect the window has, up to rounding.
        padding: Factor on its sides.

    Returns:
        top, left, height, width, whole px; it may reach beyond the image.

    Example:
        >>> person_window((10, 10, 20, 50), (128, 64), 1.0)
        (10, 5, 40, 20)
    """
    x1, y1, x2, y2 = (float(side) for side in box)
    aspect = size[1] / size[0]
    height = padding * max(y2 - y1, (x2 - x1) / aspect)
    width = height * aspect
    h, w = max(1, round(height)), max(1, round(width))
    return round((y1 + y2 - h) / 2), round((x1 + x2 - w) / 2), h, w


def padded_cut(
    img: np.ndarray, window: Window, fill: Sequence[int]
) -> np.ndarray:
    """Return a window of an image, filled up beyond it.

    Args:
        img: (H, W, 3) uint8.
        window: top, left, height, width, px.
        fill: R, G, B.

    Returns:
        (height, width, 3); all of ``fill`` where nothing of it is inside.
    """
    top, left, h, w = window
    inside = (
        min(max(top, 0), img.shape[0]),
        min(max(left, 0), img.shape[1]),
        min(max(top + h, 0), img.shape[0]),
        min(max(left + w, 0), img.shape[1]),
    )
    y1, x1, y2, x2 = inside
    if y2 <= y1 or x2 <= x1:
        return np.full((h, w, 3), fill, np.uint8)
    return cv2.copyMakeBorder(
        cut(img, (y1, x1, y2 - y1, x2 - x1)),
        *(y1 - top, top + h - y2, x1 - left, left + w - x2),
        cv2.BORDER_CONSTANT,
        value=tuple(fill),
    )
