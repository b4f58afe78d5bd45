"""Crops that record which part of the original image they show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms.random import get_rng
from mmssl.datasets.transforms.view_pixels import checked_backend, resize_view
from mmssl.datasets.transforms.view_record import (
    crop_record,
    get_record,
    set_view,
)
from mmssl.datasets.transforms.view_region import (
    Window,
    check_fit,
    check_region,
    random_region,
)
from mmssl.datasets.transforms.view_size import checked_size
from mmssl.registry import TRANSFORMS

_MODES = ('center', 'random')


@TRANSFORMS.register_module()
class RandomResizedCropView(BaseTransform):
    """Cut a window of random area and aspect out and resize it.

    Required keys: img; rng and view_geometry, where there.

    Modified keys: img, img_shape, view_geometry, view_shape.

    Source: the published SCRL's ``augment``; torchvision's
    ``RandomResizedCrop`` with bicubic interpolation.
    Deviates: the stream of random numbers; ``backend='torch'`` differs from
    Pillow by a grey level in some of 1000 values.

    Args:
        size: Height and width of the view, px; one number for both. None:
            the window stays as it is, for views that are to share it.
        scale: Least and largest share of the image's area.
        ratio: Least and largest aspect, width / height; that of ``size``
            must lie between them.
        backend: 'torch' or 'pillow', see
            :func:`mmssl.datasets.transforms.view_pixels.resize_view`.

    Raises:
        ValueError: A range or a size that makes no sense, or a range of
            aspects that would stretch every crop.
    """

    def __init__(
        self,
        size: int | Sequence[int] | None = 224,
        scale: Sequence[float] = (0.2, 1.0),
        ratio: Sequence[float] = (3 / 4, 4 / 3),
        backend: str = 'torch',
    ) -> None:
        check_region(scale, ratio)
        self.size = None if size is None else checked_size(size)
        if self.size is not None:
            check_fit(self.size, ratio)
        self.scale = tuple(scale)
        self.ratio = tuple(ratio)
        self.backend = checked_backend(backend)

    def transform(self, results: dict) -> dict:
        """Crop and resize."""
        img = results['img']
        window = random_region(
            img.shape[:2], self.scale, self.ratio, get_rng(results)
        )
        record = crop_record(get_record(results), img.shape[:2], window)
        img = cut(img, window)
        if self.size is not None:
            img = resize_view(img, self.size, self.backend)
        return set_view(results, img, record)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(size={self.size}, scale={self.scale}, '
            f'ratio={self.ratio}, backend={self.backend!r})'
        )


@TRANSFORMS.register_module()
class CropView(BaseTransform):
    """Cut a window of a given size out, at the centre or at random.

    Required keys: img; rng and view_geometry, where there.

    Modified keys: img, img_shape, view_geometry, view_shape.

    Args:
        size: Height and width, px; one number for both.
        mode: 'center' (as torchvision's ``CenterCrop``: the odd px rounds
            to even) or 'random' (every place as likely).

    Raises:
        ValueError: Unknown mode or a size below 1; the image is smaller
            than the window, when a sample is seen.
    """

    def __init__(
        self, size: int | Sequence[int], mode: str = 'center'
    ) -> None:
        if mode not in _MODES:
            raise ValueError(
                f'mode must be one of {list(_MODES)}, got {mode!r}'
            )
        self.size = checked_size(size)
        self.mode = mode

    def transform(self, results: dict) -> dict:
        """Crop."""
        img = results['img']
        window = self._window(img.shape[:2], results)
        record = crop_record(get_record(results), img.shape[:2], window)
        return set_view(results, cut(img, window), record)

    def _window(self, hw: tuple[int, int], results: dict) -> Window:
        h, w = self.size
        if hw[0] < h or hw[1] < w:
            raise ValueError(
                f'cannot cut {h} x {w} px out of an image of {hw[0]} x '
                f'{hw[1]} px: put ResizeView or PadView before CropView, or '
                'take a smaller size'
            )
        if self.mode == 'center':
            return round((hw[0] - h) / 2), round((hw[1] - w) / 2), h, w
        rng = get_rng(results)
        top = int(rng.integers(hw[0] - h + 1))
        return top, int(rng.integers(hw[1] - w + 1)), h, w

    def __repr__(self) -> str:
        return f'{type(self).__name__}(size={self.size}, mode={self.mode!r})'


def cut(img: np.ndarray, window: Window) -> np.ndarray:
    """Return a window of an image, sharing its memory.

    Args:
        img: (H, W, 3).
        window: top, left, height, width, px.
    """
    top, left, height, width = window
    return img[top : top + height, left : left + width]
