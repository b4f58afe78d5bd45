"""Resizing and cropping of images and flow, as pure functions.

Flow is in px of its own image, so a resize also scales the vectors.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

HW = tuple[int, int]


def size_hw(array: np.ndarray) -> HW:
    """Return height and width of an image or a flow field."""
    return array.shape[0], array.shape[1]


def resized_hw(
    hw: HW, short_size: int | None = None, long_size: int | None = None
) -> HW:
    """Return the size that gives one side a length and keeps the ratio.

    The other side is rounded down, in the published order of operations:
    ``int(size / side * other)``; at least 1 px.

    Source: the published CMP's ``utils/data_utils.py``.
    Deviates: a side never becomes 0 px (published: an error in the resize).

    Args:
        hw: Height and width of the image.
        short_size: Length of the shorter side, or None.
        long_size: Length of the longer side, or None.

    Returns:
        Height and width after the resize.

    Raises:
        ValueError: Not exactly one size, or one below 1.

    Example:
        >>> resized_hw((272, 640), short_size=416)
        (416, 978)
    """
    sizes = [s for s in (short_size, long_size) if s is not None]
    if len(sizes) != 1 or sizes[0] < 1:
        raise ValueError(
            'give exactly one of short_size and long_size, at least 1 px; '
            f'got short_size={short_size}, long_size={long_size}'
        )
    h, w = hw
    # The side that gets the size: w if it is shorter and short_size is given.
    if (w < h) == (short_size is not None):
        return max(1, int(sizes[0] / w * h)), sizes[0]
    return sizes[0], max(1, int(sizes[0] / h * w))


def resize_image(img: np.ndarray, hw: HW) -> np.ndarray:
    """Resize by Pillow's bicubic filter, antialiased when shrinking.

    Rows are filtered first, then columns, rounded to 8 bits between: that is
    how every Pillow did it at the time of the published code. Pillow 13 turns
    the order around for tall images, with other roundings.

    Args:
        img: (H, W, 3) uint8.
        hw: New height and width.

    Returns:
        (h, w, 3) uint8.
    """
    wide = _bicubic(Image.fromarray(img), (img.shape[0], hw[1]))
    return np.array(_bicubic(wide, hw))


def flow_ratio(
    old: HW, new: HW, published_ratio: bool = True
) -> float | np.ndarray:
    """Return what the vectors are multiplied by after a resize.

    Args:
        old: Height and width before.
        new: Height and width after.
        published_ratio: True: ``h' / h`` for both components. False: each
            component by its own axis, ``(w' / w, h' / h)``; they differ by
            less than 1 px in the side that was rounded down.

    Returns:
        A number, or (2,) float32 for (u, v).
    """
    if published_ratio:
        return new[0] / old[0]
    return np.array([new[1] / old[1], new[0] / old[0]], np.float32)


def resize_flow(
    flow: np.ndarray, hw: HW, published_ratio: bool = True
) -> np.ndarray:
    """Resize flow bilinearly and scale its vectors with it.

    Args:
        flow: (H, W, 2) float32, px.
        hw: New height and width.
        published_ratio: See :func:`flow_ratio`.

    Returns:
        (h, w, 2) float32, px of the new size.
    """
    ratio = flow_ratio(size_hw(flow), hw, published_ratio)
    return _bilinear(flow, hw) * np.float32(ratio)


def crop_padding(hw: HW, size: HW) -> tuple[int, int, int, int]:
    """Return the border that makes an image at least ``size``.

    Args:
        hw: Height and width of the image.
        size: Height and width of the crop.

    Returns:
        Pixels on top, bottom, left and right; the odd one goes to the bottom
        and to the right.

    Example:
        >>> crop_padding((5, 9), (8, 8))
        (1, 2, 0, 0)
    """
    high, wide = (max(0, s - n) for n, s in zip(hw, size))
    return high // 2, high - high // 2, wide // 2, wide - wide // 2


def crop_offset(
    hw: HW, size: HW, rng: np.random.Generator | None = None
) -> HW:
    """Choose the top left corner of a crop.

    Args:
        hw: Height and width of the (padded) image.
        size: Height and width of the crop, not larger.
        rng: Generator of a random crop, ``int(rand * (H - h))``, row first:
            as published, the last offset is never drawn. None: the centre,
            rounded down.

    Returns:
        Row and column.
    """
    free = [n - s for n, s in zip(hw, size)]
    if rng is None:
        return free[0] // 2, free[1] // 2
    top, left = (int(rng.random() * n) for n in free)
    return top, left


def pad(array: np.ndarray, border: tuple[int, int, int, int]) -> np.ndarray:
    """Pad an image with black or flow with zero motion.

    Args:
        array: (H, W, C) uint8 or float32.
        border: Pixels on top, bottom, left and right.

    Returns:
        The padded array; the array itself where the border is empty.
    """
    if not any(border):
        return array
    return cv2.copyMakeBorder(array, *border, cv2.BORDER_CONSTANT, value=0)


def resize_crop_flow(
    flow: np.ndarray,
    hw: HW,
    offset: HW,
    size: HW,
    published_ratio: bool = True,
) -> np.ndarray:
    """Compute one window of resized flow, bit for bit.

    The bilinear pass of OpenCV is cheaper than a window of it would be
    elsewhere; only the scaling is restricted to the window.

    Args:
        flow: (H, W, 2) float32, px.
        hw: Height and width of the whole resized flow.
        offset: Row and column of the window in it.
        size: Height and width of the window; it must lie inside.
        published_ratio: See :func:`flow_ratio`.

    Returns:
        (size..., 2) float32, equal to :func:`resize_flow` cropped.
    """
    (top, left), (h, w) = offset, size
    ratio = flow_ratio(size_hw(flow), hw, published_ratio)
    window = _bilinear(flow, hw)[top : top + h, left : left + w]
    return window * np.float32(ratio)


def _bicubic(img: Image.Image, hw: HW) -> Image.Image:
    return img.resize((hw[1], hw[0]), Image.Resampling.BICUBIC)


def _bilinear(flow: np.ndarray, hw: HW) -> np.ndarray:
    size = (hw[1], hw[0])
    return cv2.resize(flow, size, interpolation=cv2.INTER_LINEAR)
