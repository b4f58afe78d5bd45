"""Windows of images resized by Pillow's bicubic filter, bit for bit.

Pillow can filter a window alone (``box=``), but keeps its borders in
float32, which moves the filter by some 1e-5 px and one value in 2000 by a
grey level. Here the weights are those of Pillow for the whole image, and the
window alone is computed, by two products with sparse matrices: in a third of
Pillow's time for the whole.

Why it is exact: Pillow multiplies 8-bit pixels by weights of 22 binary
digits and adds integers. All of that fits into the 53 digits of float64.
"""

from __future__ import annotations

import cv2
import numpy as np
from scipy import sparse

from mmssl.datasets.transforms.geometry import HW

_DIGITS = 1 << 22  # of Pillow's weights, PRECISION_BITS
_HALF_UP = 0.5 / _DIGITS  # less than the distance of two sums
# Columns or rows at a time: copies in float64 stay in the cache, and below
# the size at which the allocator returns them to the system after each use.
_BAND = 64


def bicubic_window(
    img: np.ndarray, hw: HW, offset: HW, size: HW
) -> np.ndarray:
    """Compute one window of a resized image.

    Rows are filtered first, then columns, rounded to 8 bits between; see
    :func:`mmssl.datasets.transforms.geometry.resize_image`.

    Args:
        img: (H, W, 3) uint8.
        hw: Height and width of the whole resized image.
        offset: Row and column of the window in it.
        size: Height and width of the window; it must lie inside.

    Returns:
        (size..., 3) uint8.
    """
    down, (above, below) = window_weights(
        img.shape[0], hw[0], offset[0], size[0]
    )
    across, (begin, end) = window_weights(
        img.shape[1], hw[1], offset[1], size[1]
    )
    turned = cv2.transpose(np.ascontiguousarray(img[above:below, begin:end]))
    wide = _apply(across, turned)  # size[1], rows, 3
    return _apply(down, cv2.transpose(wide))


def window_weights(
    old: int, new: int, first: int, count: int
) -> tuple[sparse.csr_matrix, tuple[int, int]]:
    """Return the weights that make some pixels of a resized axis.

    The Catmull-Rom kernel (a = -0.5), stretched when shrinking, cut off at
    the border of the image, normalised and rounded to 22 binary digits.

    Source: Pillow, ``libImaging/Resample.c`` (the values, not the code).

    Args:
        old: Length of the axis.
        new: Length after the resize.
        first: First pixel of the window.
        count: Pixels of the window.

    Returns:
        (count, end - begin) float64 weights, and (begin, end), the pixels of
        the old axis they are for.

    Example:
        >>> weights, span = window_weights(old=4, new=8, first=3, count=1)
        >>> (weights.toarray() * 128).round().tolist(), span
        ([[-9.0, 111.0, 29.0, -3.0]], (0, 4))
    """
    stretch = max(old / new, 1.0)
    centre = (np.arange(first, first + count) + 0.5) * (old / new)
    left = np.maximum((centre - 2 * stretch + 0.5).astype(np.int64), 0)
    right = np.minimum((centre + 2 * stretch + 0.5).astype(np.int64), old)
    pixels = left[:, None] + np.arange(int((right - left).max()))
    weights = _kernel((pixels - centre[:, None] + 0.5) * (1.0 / stretch))
    weights[pixels >= right[:, None]] = 0
    # One after another, as in a loop: sum() adds in another order.
    weights /= np.cumsum(weights, axis=1)[:, -1:]
    weights = np.trunc(weights * _DIGITS + np.copysign(0.5, weights))
    begin, end = int(left[0]), int(right[-1])
    matrix = sparse.csr_matrix(
        (
            weights.ravel() / _DIGITS,
            np.minimum(pixels, end - 1).astype(np.int32).ravel() - begin,
            np.arange(0, weights.size + 1, weights.shape[1], dtype=np.int32),
        ),
        shape=(count, end - begin),
    )
    return matrix, (begin, end)


def _kernel(x: np.ndarray) -> np.ndarray:
    """Return the bicubic kernel of a = -0.5, any shape."""
    x = np.abs(x)
    near = ((1.5 * x) - 2.5) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * -0.5
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _apply(weights: sparse.csr_matrix, img: np.ndarray) -> np.ndarray:
    """Filter the first axis of an image.

    Args:
        weights: (n, H) float64.
        img: (H, W, 3) uint8.

    Returns:
        (n, W, 3) uint8.
    """
    out = np.empty((weights.shape[0], *img.shape[1:]), np.uint8)
    for first in range(0, img.shape[1], _BAND):
        band = np.s_[:, first : first + _BAND]
        values = img[band].astype(np.float64)
        sums = weights @ values.reshape(len(img), -1)
        # Rounded to even by OpenCV, so halves are pushed up first.
        out[band] = cv2.addWeighted(
            sums, 1.0, sums, 0.0, _HALF_UP, dtype=cv2.CV_8U
        ).reshape(out[band].shape)
    return out
