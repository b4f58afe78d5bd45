"""Resizes of views; the record stays, as it is in px of the original."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms.random import get_rng
from mmssl.datasets.transforms.view_pixels import checked_backend, resize_view
from mmssl.datasets.transforms.view_record import get_record, set_view
from mmssl.datasets.transforms.view_size import HW, checked_size
from mmssl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class ResizeView(BaseTransform):
    """Resize a view by the bicubic filter.

    Required keys: img; view_geometry, where there.

    Modified keys: img, img_shape, view_geometry, view_shape.

    Args:
        size: One number: length of the shorter side, the other follows,
            rounded down (as torchvision's ``Resize``). (height, width):
            both.
        backend: 'torch' or 'pillow'.

    Raises:
        ValueError: A size below 1, or an unknown backend.
    """

    def __init__(
        self, size: int | Sequence[int], backend: str = 'torch'
    ) -> None:
        self.size = checked_size(size)
        self.keeps_ratio = not isinstance(size, (list, tuple))
        self.backend = checked_backend(backend)

    def transform(self, results: dict) -> dict:
        """Resize."""
        record, img = get_record(results), results['img']
        hw = self.size
        if self.keeps_ratio:
            hw = shorter_side_hw(img.shape[:2], self.size[0])
        if img.shape[:2] != hw:
            img = resize_view(img, hw, self.backend)
        return set_view(results, img, record)

    def __repr__(self) -> str:
        size = self.size[0] if self.keeps_ratio else self.size
        return f'{type(self).__name__}(size={size}, backend={self.backend!r})'


@TRANSFORMS.register_module()
class ResizeAspectView(BaseTransform):
    """Resize a view to a random aspect, as large as fits into a size.

    The aspect w / h of the view is multiplied by a factor, log-uniform in
    ``ratio``; then the largest size of that aspect inside ``size`` is taken.
    :class:`PadView` then makes all views equal. For consistency at the level
    of the input: both views show one region, stretched differently.

    Required keys: img; rng and view_geometry, where there.

    Modified keys: img, img_shape, view_geometry, view_shape.

    Source: Roh et al. 2021 (SCRL), arXiv:2103.06122, appendix J, which gives
    no numbers; those here are a choice.

    Args:
        size: Height and width to fit into, px; one number for both.
        ratio: Least and largest factor on the aspect.
        backend: 'torch' or 'pillow'.

    Raises:
        ValueError: A size or range that makes no sense.
    """

    def __init__(
        self,
        size: int | Sequence[int] = 224,
        ratio: Sequence[float] = (1 / 2, 2),
        backend: str = 'torch',
    ) -> None:
        if len(ratio) != 2 or not 0 < ratio[0] <= ratio[1]:
            raise ValueError(
                'ratio must be (low, high) with 0 < low <= high, factors on '
                f'width / height; got {ratio!r}'
            )
        self.size = checked_size(size)
        self.ratio = tuple(ratio)
        self.backend = checked_backend(backend)

    def transform(self, results: dict) -> dict:
        """Resize."""
        record, img = get_record(results), results['img']
        low, high = math.log(self.ratio[0]), math.log(self.ratio[1])
        factor = math.exp(low + get_rng(results).random() * (high - low))
        h, w = img.shape[:2]
        hw = fitted_hw(factor * w / h, self.size)
        return set_view(results, resize_view(img, hw, self.backend), record)

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(size={self.size}, ratio={self.ratio}, '
            f'backend={self.backend!r})'
        )


def shorter_side_hw(hw: HW, size: int) -> HW:
    """Return the size whose shorter side has a length.

    Args:
        hw: Height and width, px.
        size: Length of the shorter side, px.

    Example:
        >>> shorter_side_hw((375, 500), 256)
        (256, 341)
    """
    h, w = hw
    if h <= w:
        return size, int(size * w / h)
    return int(size * h / w), size


def fitted_hw(aspect: float, size: HW) -> HW:
    """Return the largest size of an aspect inside another size.

    Args:
        aspect: width / height.
        size: Height and width to fit into, px.

    Example:
        >>> fitted_hw(2.0, (224, 224)), fitted_hw(0.5, (100, 200))
        ((112, 224), (100, 50))
    """
    h, w = size
    if aspect * h >= w:
        return max(1, round(w / aspect)), w
    return h, max(1, round(h * aspect))
