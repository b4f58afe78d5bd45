"""Pictures and label maps as files; equal arrays give equal bytes."""

from __future__ import annotations

import os
from typing import Any

import cv2
import numpy as np

QUALITY = 95  # below 90, jpg smooths the texture of clothes


def write_photo(path: str, image: np.ndarray, quality: int = QUALITY) -> None:
    """Write an RGB image as jpg; its folder is made.

    Args:
        path: File to write.
        image: (H, W, 3) uint8 RGB.
        quality: Of the jpg, 1..100.

    Raises:
        OSError: The file cannot be written.
    """
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _write(path, '.jpg', pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])


def write_labels(path: str, labels: np.ndarray) -> None:
    """Write an index map, or a mask as 0 and 255, as png.

    Args:
        path: File to write; its folder is made.
        labels: (H, W) uint8 or bool.

    Raises:
        OSError: The file cannot be written.
    """
    if labels.dtype == bool:
        labels = labels.astype(np.uint8) * 255
    _write(path, '.png', labels, [cv2.IMWRITE_PNG_COMPRESSION, 4])


def write_bytes(path: str, data: Any) -> None:
    """Write a file as it is; its folder is made."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(data)


def _write(
    path: str, suffix: str, pixels: np.ndarray, options: list[int]
) -> None:
    _, data = cv2.imencode(suffix, pixels, options)
    write_bytes(path, data.data)
