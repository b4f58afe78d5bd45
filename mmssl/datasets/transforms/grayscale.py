"""Images without colour."""

from __future__ import annotations

import cv2
import numpy as np

from mmssl.datasets.transforms.photometric import PhotometricTransform
from mmssl.registry import TRANSFORMS


def grayscale(img: np.ndarray) -> np.ndarray:
    """Return ``0.299 R + 0.587 G + 0.114 B`` in all three channels.

    Within one grey level of torchvision's definition for float tensors
    (0.2989 R, not rounded).

    Args:
        img: (H, W, 3) uint8 RGB.

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> grayscale(np.array([[[255, 0, 0]]], np.uint8)).tolist()
        [[[76, 76, 76]]]
    """
    grey = cv2.cvtColor(img, cv2.COLOR_RGB2GRAY)
    return cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB)


@TRANSFORMS.register_module()
class GrayscaleView(PhotometricTransform):
    """Replace colours by grey values.

    Required keys: img (H, W, 3) uint8 RGB; rng. Modified keys: img.

    Source: Table A1 of the paper; see :func:`grayscale`.

    Args:
        prob: Probability of the change, in [0, 1].

    Raises:
        ValueError: ``prob`` is outside [0, 1].
    """

    def __init__(self, prob: float = 0.2) -> None:
        super().__init__(prob)

    def change(self, img: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Drop the colours."""
        return grayscale(img)
