"""Resize and crop of an image together with its flow.

Every transform takes ``img``, ``flow``, ``target_img`` or any of them, so the
same pipeline serves images without flow.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms import geometry
from mmssl.datasets.transforms.bicubic import bicubic_window
from mmssl.datasets.transforms.checks import forbid_guidance
from mmssl.datasets.transforms.random import get_rng
from mmssl.registry import TRANSFORMS

IMAGE_KEYS = ('img', 'target_img')
_MODES = ('center', 'random')


@TRANSFORMS.register_module()
class ResizeImageFlow(BaseTransform):
    """Resize so that the shorter or the longer side gets a length.

    Images by Pillow's bicubic filter, flow bilinearly; flow vectors are then
    multiplied by the ratio of the sizes.

    Required keys: img and / or flow.

    Modified keys: img, target_img, flow, img_shape.

    Source: the published CMP's ``utils/data_utils.py``.
    Deviates: none with ``published_ratio=True``.

    Args:
        short_size: Length of the shorter side.
        long_size: Length of the longer side; give exactly one of the two.
        published_ratio: Multiply both flow components by the ratio of the
            heights, as published; False: each by the ratio of its own axis.

    Raises:
        ValueError: Not exactly one size is given.
    """

    def __init__(
        self,
        short_size: int | None = None,
        long_size: int | None = None,
        published_ratio: bool = True,
    ) -> None:
        geometry.resized_hw((1, 1), short_size, long_size)
        self.short_size = short_size
        self.long_size = long_size
        self.published_ratio = published_ratio

    def transform(self, results: dict) -> dict:
        """Resize what is there."""
        forbid_guidance(results, self)
        hw = self.new_hw(results)
        for key in present(results, IMAGE_KEYS):
            results[key] = geometry.resize_image(results[key], hw)
        if 'flow' in results:
            results['flow'] = geometry.resize_flow(
                results['flow'], hw, self.published_ratio
            )
        results['img_shape'] = hw
        return results

    def new_hw(self, results: dict) -> geometry.HW:
        """Return height and width after the resize."""
        hw = current_hw(results)
        return geometry.resized_hw(hw, self.short_size, self.long_size)


@TRANSFORMS.register_module()
class CropImageFlow(BaseTransform):
    """Crop a window, padding first where the image is smaller.

    The border is centred (the odd pixel right and below), black in images
    and zero in flow.

    Required keys: img and / or flow; rng for ``mode='random'``.

    Modified keys: img, target_img, flow, img_shape.

    Source: the published CMP's ``utils/data_utils.py``.
    Deviates: none; like there, the last offset of a random crop is never
    drawn.

    Args:
        size: Side of the window, or (height, width).
        mode: ``'random'`` (training) or ``'center'`` (validation).

    Raises:
        ValueError: Unknown mode, or a size below 1.
    """

    def __init__(
        self, size: int | Sequence[int], mode: str = 'random'
    ) -> None:
        self.size = _checked_size(size)
        if mode not in _MODES:
            raise ValueError(f'mode must be one of {_MODES}, got {mode!r}')
        self.mode = mode

    def transform(self, results: dict) -> dict:
        """Crop what is there."""
        forbid_guidance(results, self)
        border = geometry.crop_padding(current_hw(results), self.size)
        top, left = self.offset(results, current_hw(results))
        h, w = self.size
        for key in present(results, (*IMAGE_KEYS, 'flow')):
            padded = geometry.pad(results[key], border)
            window = padded[top : top + h, left : left + w]
            results[key] = np.ascontiguousarray(window)
        results['img_shape'] = self.size
        return results

    def offset(self, results: dict, hw: geometry.HW) -> geometry.HW:
        """Choose the top left corner in an image of ``hw``, once padded."""
        padded = max(hw[0], self.size[0]), max(hw[1], self.size[1])
        rng = get_rng(results) if self.mode == 'random' else None
        return geometry.crop_offset(padded, self.size, rng)


@TRANSFORMS.register_module()
class ResizeCropImageFlow(BaseTransform):
    """ResizeImageFlow and CropImageFlow in one, for speed.

    Equal to the two, bit for bit, with the same use of ``rng``; but an image
    is only filtered where the window needs it.

    Required keys: img and / or flow; rng for ``mode='random'``.

    Modified keys: img, target_img, flow, img_shape.

    Args:
        size: Side of the window, or (height, width).
        short_size: Length of the shorter side after the resize.
        long_size: Length of the longer side; give exactly one of the two.
        mode: ``'random'`` or ``'center'``.
        published_ratio: See :class:`ResizeImageFlow`.

    Raises:
        ValueError: As the two transforms.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        short_size: int | None = None,
        long_size: int | None = None,
        mode: str = 'random',
        published_ratio: bool = True,
    ) -> None:
        self.resize = ResizeImageFlow(short_size, long_size, published_ratio)
        self.crop = CropImageFlow(size, mode)

    def transform(self, results: dict) -> dict:
        """Resize and crop what is there."""
        forbid_guidance(results, self)
        hw = self.resize.new_hw(results)
        size = self.crop.size
        if hw[0] < size[0] or hw[1] < size[1]:  # needs a border
            return self.crop.transform(self.resize.transform(results))
        offset = self.crop.offset(results, hw)
        for key in present(results, IMAGE_KEYS):
            results[key] = bicubic_window(results[key], hw, offset, size)
        if 'flow' in results:
            results['flow'] = geometry.resize_crop_flow(
                results['flow'],
                hw,
                offset,
                size,
                self.resize.published_ratio,
            )
        results['img_shape'] = size
        return results


def current_hw(results: dict) -> geometry.HW:
    """Return height and width of the sample as it is now.

    Raises:
        KeyError: Neither img nor flow is loaded.
    """
    for key in ('img', 'flow'):
        if key in results:
            return geometry.size_hw(results[key])
    raise KeyError('neither img nor flow: load them first')


def present(results: dict, keys: Sequence[str]) -> list[str]:
    """Return those of ``keys`` that the sample has."""
    return [key for key in keys if key in results]


def _checked_size(size: int | Sequence[int]) -> geometry.HW:
    hw = (size, size) if isinstance(size, int) else tuple(size)
    if len(hw) != 2 or not all(isinstance(n, int) and n > 0 for n in hw):
        raise ValueError(
            f'size must be a positive int or (height, width), got {size!r}'
        )
    return hw[0], hw[1]
