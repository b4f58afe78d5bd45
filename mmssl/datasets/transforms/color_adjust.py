"""Brightness, contrast, saturation and hue of an image, as pure functions.

They compute what ``torchvision.transforms.v2.functional`` computes for
*float* tensors, with 255 in the place of 1: float32, cut off at 0 and 255,
nothing rounded. (For 8-bit tensors torchvision rounds grey values and
results down.) OpenCV does the work: 0.02 to 0.12 ms for 224x224.
"""

from __future__ import annotations

import cv2
import numpy as np

# ITU-R 601 as torchvision has it; the sum is 0.9999.
GREY_WEIGHTS = np.array([[0.2989, 0.587, 0.114]], np.float32)


def grey_values(img: np.ndarray) -> np.ndarray:
    """Return ``0.2989 R + 0.587 G + 0.114 B``.

    Args:
        img: (H, W, 3) float32 RGB.

    Returns:
        (H, W) float32.
    """
    return cv2.transform(img, GREY_WEIGHTS)


def adjust_brightness(img: np.ndarray, factor: float) -> np.ndarray:
    """Return ``factor x``, at most 255.

    Args:
        img: (H, W, 3) float32 RGB, 0 to 255.
        factor: At least 0; 0 gives black, 1 the image.

    Returns:
        (H, W, 3) float32, 0 to 255.

    Example:
        >>> img = np.full((1, 1, 3), 100, np.float32)
        >>> adjust_brightness(img, 1.5).ravel().tolist()
        [150.0, 150.0, 150.0]
    """
    # In C order, or reshape would make a copy to cut off.
    out = np.multiply(img, np.float32(factor), order='C')
    if factor > 1:  # nothing falls below 0
        flat = out.reshape(len(out), -1)
        cv2.threshold(flat, 255, 0, cv2.THRESH_TRUNC, dst=flat)
    return out


def adjust_contrast(img: np.ndarray, factor: float) -> np.ndarray:
    """Return ``factor x + (1 - factor) m``; m is the mean grey value.

    Args:
        img: (H, W, 3) float32 RGB, 0 to 255.
        factor: At least 0; 0 gives the mean grey, 1 the image.

    Returns:
        (H, W, 3) float32, 0 to 255.
    """
    mean = cv2.mean(grey_values(img))[0]
    # In C order, or reshape would make a copy to cut off.
    out = np.multiply(img, np.float32(factor), order='C')
    out += np.float32((1 - factor) * mean)
    return _cut(out, factor)


def adjust_saturation(img: np.ndarray, factor: float) -> np.ndarray:
    """Return ``factor x + (1 - factor) g``; g is each pixel's grey value.

    Args:
        img: (H, W, 3) float32 RGB, 0 to 255.
        factor: At least 0; 0 gives the grey image, 1 the image.

    Returns:
        (H, W, 3) float32, 0 to 255.
    """
    matrix = np.float32(factor) * np.eye(3, dtype=np.float32)
    return _cut(
        cv2.transform(img, matrix + np.float32(1 - factor) * GREY_WEIGHTS),
        factor,
    )


def adjust_hue(img: np.ndarray, factor: float) -> np.ndarray:
    """Turn the hue by ``factor`` of the colour circle.

    Args:
        img: (H, W, 3) float32 RGB, 0 to 255.
        factor: In [-0.5, 0.5]; 0 gives the image, both ends the opposite
            colours.

    Returns:
        (H, W, 3) float32, 0 to 255.

    Example:
        >>> red = np.array([[[255, 0, 0]]], np.float32)
        >>> adjust_hue(red, 1 / 3).round().ravel().tolist()
        [0.0, 255.0, 0.0]
    """
    hsv = cv2.cvtColor(img, cv2.COLOR_RGB2HSV)  # hue in degrees
    # Never negative: below 0, OpenCV's vectorised code leaves the circle.
    hsv[..., 0] += np.float32(factor % 1 * 360)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def to_8_bits(img: np.ndarray) -> np.ndarray:
    """Round to whole numbers.

    Args:
        img: Any shape, float32, 0 to 255.

    Returns:
        The same shape, uint8.
    """
    return cv2.convertScaleAbs(img)


def _cut(img: np.ndarray, factor: float) -> np.ndarray:
    """Cut off at 0 and 255, in place if possible; factors > 1 get there."""
    if factor <= 1:
        return img
    # Of another memory layout, reshape alone would make a copy to cut off.
    flat = np.ascontiguousarray(img).reshape(len(img), -1)
    cv2.threshold(flat, 0, 0, cv2.THRESH_TOZERO, dst=flat)
    cv2.threshold(flat, 255, 0, cv2.THRESH_TRUNC, dst=flat)
    return flat.reshape(img.shape)
