"""Reading images as arrays, and refusing what is not one."""

from __future__ import annotations

import cv2
import numpy as np

from mmssl.io.decoder_messages import decoder_messages
from mmssl.io.errors import DataFileError, PathLike
from mmssl.io.file_bytes import Retry, read_bytes
from mmssl.io.image_header import (
    MAX_PIXELS,
    image_size,
    is_cut_short,
    is_jpeg,
)

# OpenCV >= 4.10 decodes to RGB by itself; before, the channels are swapped.
_RGB_FLAG = getattr(cv2, 'IMREAD_COLOR_RGB', None)


def read_rgb(path: PathLike, retry: Retry | None = None) -> np.ndarray:
    """Read an image file as 8-bit RGB.

    Pixels are taken as they are stored: an EXIF rotation is not applied (it
    would part the image from its flow), transparency is dropped. Grey images
    get three equal channels, 16 bits become 8, CMYK becomes RGB.

    Args:
        path: Any image file that OpenCV reads.
        retry: How often a failing disk is asked again.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        MissingFileError: No such file; also a FileNotFoundError.
        DataFileError: Not an image, one that is cut short or damaged, or
            one of more than 2**27 px; names the file.
    """
    data = read_bytes(path, retry or Retry())
    if _RGB_FLAG is not None:
        return decode_image(data, path, _RGB_FLAG)
    return cv2.cvtColor(
        decode_image(data, path, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB
    )


def read_bgr(path: PathLike, retry: Retry | None = None) -> np.ndarray:
    """Read an image as (H, W, 3) uint8 **BGR**; else as :func:`read_rgb`."""
    data = read_bytes(path, retry or Retry())
    return decode_image(data, path, cv2.IMREAD_COLOR)


def read_grey(path: PathLike, retry: Retry | None = None) -> np.ndarray:
    """Read an image as (H, W) uint8; else as :func:`read_rgb`."""
    data = read_bytes(path, retry or Retry())
    return decode_image(data, path, cv2.IMREAD_GRAYSCALE)


def decode_image(data: bytes, path: PathLike, flags: int) -> np.ndarray:
    """Decode a whole image file.

    Args:
        data: The file.
        path: Its name, for errors.
        flags: Of ``cv2.imdecode``, for 8 bits in one or three channels.

    Returns:
        (H, W) or (H, W, 3) uint8.

    Raises:
        DataFileError: As :func:`read_rgb`.
    """
    check_header(data, path)
    buffer = np.frombuffer(data, np.uint8)
    problem = ''
    with decoder_messages() as messages:
        try:
            image = cv2.imdecode(buffer, flags | cv2.IMREAD_IGNORE_ORIENTATION)
        except cv2.error as error:
            image, problem = None, str(error.err)
    damage = problem or messages.damage
    if image is None or damage:
        why = damage or messages.last
        what = 'not a readable image' if image is None else 'damaged image'
        raise DataFileError(
            path, f'{what} ({len(data)} bytes)' + (f': {why}' if why else '')
        )
    return image


def check_header(data: bytes, path: PathLike) -> None:
    """Refuse a jpg or png that is cut short and an image that is too large.

    Args:
        data: The whole file.
        path: Its name, for the error.

    Raises:
        DataFileError: It is either, or it is empty.
    """
    if not data:
        raise DataFileError(path, 'not a readable image (0 bytes)')
    if is_cut_short(data):
        # libjpeg would fill the missing rest with grey.
        kind = 'jpg' if is_jpeg(data) else 'png'
        raise DataFileError(
            path, f'the {kind} is cut short ({len(data)} bytes)'
        )
    size = image_size(data)
    if size is not None and size[0] * size[1] > MAX_PIXELS:
        raise DataFileError(
            path,
            f'says that it is {size[0]} x {size[1]} px; more than '
            f'{MAX_PIXELS} px are not read',
        )
