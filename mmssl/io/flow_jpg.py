"""Optical flow as a pair of 8-bit images, one grey jpg per component.

The code of one component, in px::

    value = round((clip(flow, -50, 50) + 50) * 255 / 100)     in 0..255
    flow  = value / 255 * 100 - 50

The range is [-50, 50] px and the quantum 100/255 = 0.392 px; an exactly zero
flow has no code (127 is -0.196 px, 128 is +0.196 px).

Source: the published CMP's ``utils/flowlib.py`` and ``dataset.py``.
Deviates: the published code has no encoder; this one inverts its decoder.
"""

from __future__ import annotations

import os

import cv2
import numpy as np

from mmssl.io.errors import DataFileError, PathLike
from mmssl.io.file_bytes import Retry
from mmssl.io.flo import check_flow
from mmssl.io.images import read_grey

MAX_FLOW_PX = 50.0
QUANTUM_PX = 2 * MAX_FLOW_PX / 255

_DECODED_PX = (
    np.arange(256, dtype=np.float64) / 255 * (2 * MAX_FLOW_PX) - MAX_FLOW_PX
).astype(np.float32)


def decode_flow_jpg(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Decode two 8-bit images to flow: ``value / 255 * 100 - 50``.

    Args:
        x: (H, W) uint8, codes of u.
        y: (H, W) uint8, codes of v.

    Returns:
        (H, W, 2) float32 in px.

    Raises:
        ValueError: Shapes differ, or an array is not a 2-D uint8 image.

    Example:
        >>> codes = np.array([[0, 255]], np.uint8)
        >>> decode_flow_jpg(codes, codes)[0, :, 0]
        array([-50.,  50.], dtype=float32)
    """
    if x.dtype != np.uint8 or y.dtype != np.uint8 or x.ndim != 2:
        raise ValueError(
            'flow codes must be (H, W) uint8 images, got '
            f'{x.dtype} {x.shape} and {y.dtype} {y.shape}'
        )
    if x.shape != y.shape:
        raise ValueError(
            f'the two flow images differ in size: x is {x.shape}, '
            f'y is {y.shape}'
        )
    return cv2.LUT(cv2.merge((x, y)), _DECODED_PX)


def encode_flow_jpg(flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Encode flow as two 8-bit images; the inverse of the decoder.

    ``round((clip(flow, -50, 50) + 50) * 255 / 100)``, so that decoding is
    within half a quantum (0.196 px) of flow inside [-50, 50] px.

    Args:
        flow: (H, W, 2) in px.

    Returns:
        Codes of u and of v, each (H, W) uint8.

    Raises:
        ValueError: Wrong shape, or flow that is not finite.

    Example:
        >>> x, y = encode_flow_jpg(np.float32([[[-60, 50]]]))
        >>> int(x[0, 0]), int(y[0, 0])
        (0, 255)
    """
    check_flow(flow)
    flow = np.ascontiguousarray(flow, np.float32)
    if not np.isfinite(flow).all():
        raise ValueError('flow to encode holds NaN or infinite values')
    if flow.size == 0:
        empty = np.zeros(flow.shape[:2], np.uint8)
        return empty, empty.copy()
    # convertScaleAbs mirrors what is below 0 and overflows far above 255.
    lowest, highest = cv2.minMaxLoc(flow.reshape(flow.shape[0], -1))[:2]
    if lowest < -MAX_FLOW_PX or highest > MAX_FLOW_PX:
        flow = np.clip(flow, -MAX_FLOW_PX, MAX_FLOW_PX)
    codes = cv2.convertScaleAbs(
        flow, alpha=1 / QUANTUM_PX, beta=MAX_FLOW_PX / QUANTUM_PX
    )
    x, y = cv2.split(codes)
    return x, y


def read_flow_jpg_pair(
    path_x: PathLike, path_y: PathLike, retry: Retry | None = None
) -> np.ndarray:
    """Read and decode the two images of one flow field.

    Args:
        path_x: Image of u; a colour image is turned grey.
        path_y: Image of v.
        retry: How often a failing disk is asked again.

    Returns:
        (H, W, 2) float32 in px.

    Raises:
        MissingFileError: One of the files is missing.
        DataFileError: A file is no image, is cut short, or the sizes differ.
    """
    x, y = read_grey(path_x, retry), read_grey(path_y, retry)
    if x.shape != y.shape:
        raise DataFileError(
            path_x,
            f'the two flow images differ in size: x is {x.shape}, y '
            f'({os.fspath(path_y)}) is {y.shape}',
        )
    return decode_flow_jpg(x, y)


def write_flow_jpg_pair(
    flow: np.ndarray, path_x: PathLike, path_y: PathLike, quality: int = 95
) -> None:
    """Encode flow and write it as two grey jpgs.

    The codes are exact to half a quantum; the jpg compression comes on top.

    Args:
        flow: (H, W, 2) in px, finite.
        path_x: File for u.
        path_y: File for v.
        quality: jpg quality, 1..100.

    Raises:
        ValueError: Wrong shape or values, or a quality out of range.
    """
    for codes, path in zip(encode_flow_jpg(flow), (path_x, path_y)):
        write_jpg(codes, path, quality)


def write_jpg(image: np.ndarray, path: PathLike, quality: int = 95) -> None:
    """Write an 8-bit image, grey or **BGR**, as jpg.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        path: File to write.
        quality: jpg quality, 1..100.

    Raises:
        ValueError: The quality is out of range or the image is no image.
    """
    if not 1 <= quality <= 100:
        raise ValueError(f'jpg quality must be in 1..100, got {quality}')
    done, data = cv2.imencode(
        '.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    if not done:
        raise ValueError(f'{path}: could not be encoded as jpg')
    # Unbuffered: half the system calls of a small file.
    with open(path, 'wb', buffering=0) as file:
        file.write(data.data)
