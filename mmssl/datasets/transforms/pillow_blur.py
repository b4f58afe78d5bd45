"""Gaussian blur as Pillow has it: three box filters one after another."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from mmssl.datasets.transforms.color_adjust import to_8_bits
from mmssl.datasets.transforms.photometric import PhotometricTransform
from mmssl.registry import TRANSFORMS


def pillow_blur(img: np.ndarray, radius: float) -> np.ndarray:
    """Blur as Pillow's ``ImageFilter.GaussianBlur``.

    Three box filters of equal width, whose variances add up to the square
    of the radius, are one filter of 7 or 13 taps for radii up to 2.

    Source: Pillow, ``libImaging/BoxBlur.c`` (the values, not the code).
    Deviates: rounded to 8 bits once, Pillow six times: within 3 grey levels
    of it. The border is repeated once and not before each box, which moves
    the outermost 3 px, of photos by up to 12 levels.

    Args:
        img: (H, W, 3) uint8.
        radius: Deviation of the Gaussian that is approached, px, above 0.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> dot = np.zeros((3, 3, 3), np.uint8)
        >>> dot[1, 1] = 255
        >>> pillow_blur(dot, radius=0.5)[..., 0].tolist()
        [[3, 21, 3], [21, 155, 21], [3, 21, 3]]
    """
    taps = pillow_taps(radius)
    # To 8 bits at once, OpenCV would round the taps to 8 bits, too.
    blurred = cv2.sepFilter2D(
        img, cv2.CV_32F, taps, taps, borderType=cv2.BORDER_REPLICATE
    )
    return to_8_bits(blurred)


def pillow_taps(radius: float) -> np.ndarray:
    """Return the weights of three box filters in a row.

    A box of radius r + a (r whole, 0 <= a < 1) has 2 r + 1 equal taps and a
    times as much at both ends; r and a are those that give it a third of the
    variance.

    Args:
        radius: Deviation of all three together, px, above 0.

    Returns:
        (6 r + 7,) float32, with sum 1.

    Example:
        >>> (pillow_taps(0.5) * 1e4).round().tolist()
        [1.0, 48.0, 1053.0, 7798.0, 1053.0, 48.0, 1.0]
    """
    variance = radius * radius / 3
    r = math.floor((math.sqrt(12 * variance + 1) - 1) / 2)
    end = (2 * r + 1) * (r * (r + 1) - 3 * variance)
    end /= 6 * (variance - (r + 1) ** 2)
    box = np.ones(2 * r + 3)
    box[0] = box[-1] = end
    box /= box.sum()
    return np.convolve(np.convolve(box, box), box).astype(np.float32)


@TRANSFORMS.register_module()
class PillowBlurView(PhotometricTransform):
    """Pillow's Gaussian blur of a drawn radius.

    Required keys: img (H, W, 3) uint8 RGB; rng. Modified keys: img.

    Source: the published DINO and SOLIDER, which draw the radius from
    (0.1, 2.0). See :func:`pillow_blur`.

    Args:
        prob: Probability of the change, in [0, 1].
        radius: Range of the radius, px, drawn uniformly.

    Raises:
        ValueError: ``prob`` is outside [0, 1], or ``radius`` no range above
            0.
    """

    def __init__(
        self, prob: float = 0.5, radius: Sequence[float] = (0.1, 2.0)
    ) -> None:
        super().__init__(prob)
        if len(radius) != 2 or not 0 < radius[0] <= radius[1]:
            raise ValueError(
                f'radius must be a range with 0 < low <= high, got {radius}'
            )
        self.radius = float(radius[0]), float(radius[1])

    def change(self, img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw the radius and blur."""
        return pillow_blur(img, rng.uniform(*self.radius))
