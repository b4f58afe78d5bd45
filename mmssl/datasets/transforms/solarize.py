"""Images whose bright parts are inverted."""

from __future__ import annotations

import cv2
import numpy as np

from mmssl.datasets.transforms.photometric import PhotometricTransform
from mmssl.registry import TRANSFORMS


def solarize(img: np.ndarray, threshold: int = 128) -> np.ndarray:
    """Return ``255 - x`` where ``x >= threshold``, else x.

    Equal to torchvision's ``solarize``, for each channel by itself.

    Args:
        img: Any shape, uint8.
        threshold: 0 inverts everything, 256 nothing.

    Returns:
        The same shape, uint8.

    Example:
        >>> solarize(np.array([[127, 128, 255]], np.uint8)).tolist()
        [[127, 127, 0]]
    """
    if threshold <= 0:
        return cv2.bitwise_not(img)
    flat = img.reshape(len(img), -1)
    bright = cv2.threshold(flat, threshold - 1, 255, cv2.THRESH_BINARY)[1]
    # x ^ 255 is 255 - x
    return cv2.bitwise_xor(flat, bright).reshape(img.shape)


@TRANSFORMS.register_module()
class SolarizeView(PhotometricTransform):
    """Invert all values from a threshold on.

    Required keys: img (H, W, 3) uint8 RGB; rng. Modified keys: img.

    Source: Table A1 of the paper, view 2; the published threshold is
    ``round(0.5 * 256)``. See :func:`solarize`.

    Args:
        prob: Probability of the change, in [0, 1].
        threshold: Smallest grey level that is inverted, 0 to 256.

    Raises:
        ValueError: ``prob`` or ``threshold`` is out of range.
    """

    def __init__(self, prob: float = 0.2, threshold: int = 128) -> None:
        super().__init__(prob)
        if not 0 <= threshold <= 256 or threshold != int(threshold):
            raise ValueError(
                'threshold must be a grey level, a whole number from 0 to '
                f'256, got {threshold}'
            )
        self.threshold = int(threshold)

    def change(self, img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Invert the bright parts."""
        return solarize(img, self.threshold)
