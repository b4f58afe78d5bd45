"""Reading images as RGB arrays."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Union

import cv2
import numpy as np

PathLike = Union[str, 'os.PathLike[str]']

# OpenCV >= 4.10 decodes to RGB by itself; before, the channels are swapped.
_RGB_FLAG = getattr(cv2, 'IMREAD_COLOR_RGB', None)


def read_rgb(path: PathLike) -> np.ndarray:
    """Read an image file as 8-bit RGB.

    Pixels are taken as they are stored: an EXIF rotation is not applied (it
    would part the image from its flow), transparency is dropped.

    Args:
        path: Any image file that OpenCV reads.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        FileNotFoundError: No such file.
        ValueError: Not an image, or a jpg that is cut short; names the file.
    """
    data = Path(path).read_bytes()
    # libjpeg fills the missing rest of a cut file with grey.
    cut = data[:2] == b'\xff\xd8' and data.rfind(b'\xff\xd9') < 0
    image = _decode_rgb(data) if data and not cut else None
    if image is None:
        what = 'the jpg is cut short' if cut else 'not a readable image'
        raise ValueError(f'{path}: {what} ({len(data)} bytes)')
    return image


def _decode_rgb(data: bytes) -> np.ndarray | None:
    buffer = np.frombuffer(data, np.uint8)
    flag = cv2.IMREAD_COLOR if _RGB_FLAG is None else _RGB_FLAG
    image = cv2.imdecode(buffer, flag | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is not None and _RGB_FLAG is None:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
    return image
