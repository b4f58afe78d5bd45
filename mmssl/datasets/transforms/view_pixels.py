"""Bicubic resizing of views, as fast as a data worker needs it."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch.nn import functional

from mmssl.datasets.transforms.geometry import HW, resize_image

BACKENDS = ('pillow', 'torch')


def resize_view(img: np.ndarray, hw: HW, backend: str = 'torch') -> np.ndarray:
    """Resize by the bicubic filter a = -0.5, antialiased when shrinking.

    Both backends compute one definition: rows, then columns, rounded to 8
    bits between. They differ in the digits of the weights: 16 or 22 binary
    ones, hence by one grey level in some of 1000 values, rarely by two.

    Args:
        img: (H, W, 3) uint8, any strides.
        hw: New height and width.
        backend: 'torch', several times as fast, or 'pillow'.

    Returns:
        (h, w, 3) uint8, contiguous; never shares memory with ``img``.
    """
    if backend == 'pillow':
        return resize_image(img, hw)
    if img.shape[:2] == hw:
        return img.copy()
    # A copy: torch takes no negative strides and warns of read-only arrays.
    planes = torch.from_numpy(np.array(img, order='C')).permute(2, 0, 1)
    out = functional.interpolate(
        planes[None], hw, mode='bicubic', antialias=True
    )[0]
    if out.is_contiguous():  # torch gives planes; OpenCV is fast at merging
        return cv2.merge(list(out.numpy()))
    return np.ascontiguousarray(out.permute(1, 2, 0).numpy())


def checked_backend(backend: str) -> str:
    """Return ``backend``, or raise ValueError if there is none such."""
    if backend not in BACKENDS:
        raise ValueError(
            f'backend must be one of {list(BACKENDS)}, got {backend!r}'
        )
    return backend
