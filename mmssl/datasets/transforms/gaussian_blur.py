"""Gaussian blur."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from mmssl.datasets.transforms.color_adjust import to_8_bits
from mmssl.datasets.transforms.photometric import PhotometricTransform
from mmssl.registry import TRANSFORMS


def gaussian_blur(
    img: np.ndarray, sigma: float, kernel_size: int = 23
) -> np.ndarray:
    """Convolve with a Gaussian; borders are mirrored at their pixels' centres.

    Taps beyond 4 sigma (in sum 1e-4 of the weight) are left out, so that a
    small sigma costs little. Computed in float32 and rounded once: OpenCV's
    8-bit filter is slower and has weights of 8 binary digits.

    Args:
        img: (H, W, 3) uint8.
        sigma: Deviation of the Gaussian, px, above 0.
        kernel_size: Number of taps at most, odd.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> dot = np.zeros((3, 3, 3), np.uint8)
        >>> dot[1, 1] = 255
        >>> gaussian_blur(dot, sigma=0.5, kernel_size=3)[..., 0].tolist()
        [[12, 43, 12], [43, 158, 43], [12, 43, 12]]
    """
    taps = min(kernel_size, 2 * math.ceil(4 * sigma) + 1)
    return to_8_bits(
        cv2.GaussianBlur(
            img.astype(np.float32),
            (taps, taps),
            sigma,
            borderType=cv2.BORDER_REFLECT_101,
        )
    )


@TRANSFORMS.register_module()
class GaussianBlurView(PhotometricTransform):
    """Gaussian blur of a drawn width.

    Required keys: img (H, W, 3) uint8 RGB; rng. Modified keys: img.

    Source: Table A1 of the paper; the published code contains it with these
    numbers (a radius of ``int(0.1 * 224) // 2`` taps), but selects
    :class:`~mmssl.datasets.transforms.resize_blur.ResizeBlurView`. Within one
    grey level of torchvision's ``gaussian_blur`` for float tensors.

    Args:
        prob: Probability of the change, in [0, 1].
        sigma: Range of the deviation, px, drawn uniformly.
        kernel_size: Number of taps, odd.

    Raises:
        ValueError: ``prob`` is outside [0, 1], ``sigma`` no range above 0, or
            ``kernel_size`` not odd.
    """

    def __init__(
        self,
        prob: float = 1.0,
        sigma: Sequence[float] = (0.1, 2.0),
        kernel_size: int = 23,
    ) -> None:
        super().__init__(prob)
        if len(sigma) != 2 or not 0 < sigma[0] <= sigma[1]:
            raise ValueError(
                f'sigma must be a range with 0 < low <= high, got {sigma}'
            )
        if kernel_size < 1 or kernel_size % 2 == 0:
            raise ValueError(f'kernel_size must be odd, got {kernel_size}')
        self.sigma = float(sigma[0]), float(sigma[1])
        self.kernel_size = kernel_size

    def change(self, img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the width and blur."""
        return gaussian_blur(img, rng.uniform(*self.sigma), self.kernel_size)
