"""Bicubic resizing of whole images at a sixth of Pillow's time.

torch resizes 8-bit images by Pillow's filter, in Pillow's way (columns
within each row first, weights as whole numbers, rounded to 8 bits between),
but with SIMD instructions: a 370x300 crop to 224x224 takes 0.24 ms, Pillow
1.47 ms. Its weights have 15 binary digits where Pillow's have 22.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn.functional import interpolate

from mmssl.datasets.transforms.geometry import HW


def resize_bicubic(img: np.ndarray, hw: HW) -> np.ndarray:
    """Resize by the bicubic filter (a = -0.5), antialiased when shrinking.

    Equal to ``torchvision.transforms.v2.functional.resize`` of 8-bit tensors
    with ``antialias=True``, and within 2 grey levels (one value in 100
    differs, nearly always by 1) of
    :func:`~mmssl.datasets.transforms.geometry.resize_image`, which is Pillow's
    to the last bit.

    Runs in the threads that torch has: in a data worker one.

    Args:
        img: (H, W, 3) uint8; may be a window of a larger image, whose other
            pixels have no part in the result.
        hw: New height and width, px.

    Returns:
        (h, w, 3) uint8, contiguous, never a view of ``img``.

    Example:
        >>> img = np.full((6, 8, 3), 7, np.uint8)
        >>> bool((resize_bicubic(img, (3, 16)) == 7).all())
        True
    """
    if img.shape[:2] == tuple(hw):
        return img.copy()
    planes = torch.from_numpy(np.ascontiguousarray(img)).permute(2, 0, 1)
    resized = interpolate(
        planes[None], size=tuple(hw), mode='bicubic', antialias=True
    )
    return np.ascontiguousarray(resized[0].permute(1, 2, 0).numpy())
