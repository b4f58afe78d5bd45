"""Middlebury ``.flo`` files.

Layout, little-endian: float32 202021.25, int32 width, int32 height, then
row-major interleaved float32 (u right, v down) in px.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Union

import numpy as np

PathLike = Union[str, 'os.PathLike[str]']

FLO_MAGIC = np.float32(202021.25)
_FLO_HEADER_BYTES = 12


def read_flo(path: PathLike) -> np.ndarray:
    """Read a Middlebury ``.flo`` file.

    Args:
        path: File to read.

    Returns:
        (H, W, 2) float32 in px, writable.

    Raises:
        FileNotFoundError: No such file.
        ValueError: Not a whole ``.flo`` file; the message names it.
    """
    data = Path(path).read_bytes()
    if len(data) < _FLO_HEADER_BYTES:
        raise ValueError(
            f'{path}: not a .flo file: {len(data)} bytes, the header alone '
            f'has {_FLO_HEADER_BYTES}'
        )
    magic = np.frombuffer(data, '<f4', 1)[0]
    if magic != FLO_MAGIC:
        raise ValueError(
            f'{path}: not a .flo file: it begins with {magic!s}, not with '
            f'{FLO_MAGIC!s}'
        )
    width, height = (int(n) for n in np.frombuffer(data, '<i4', 2, 4))
    expected = _FLO_HEADER_BYTES + 8 * width * height
    if width < 1 or height < 1 or len(data) != expected:
        raise ValueError(
            f'{path}: damaged .flo file: {width}x{height} needs {expected} '
            f'bytes, the file has {len(data)}'
        )
    flow = np.frombuffer(data, '<f4', offset=_FLO_HEADER_BYTES)
    return flow.reshape(height, width, 2).astype(np.float32)


def write_flo(flow: np.ndarray, path: PathLike) -> None:
    """Write flow as a Middlebury ``.flo`` file, bit by bit.

    Args:
        flow: (H, W, 2) in px; stored as float32.
        path: File to write.

    Raises:
        ValueError: The shape is not (H, W, 2).
    """
    check_flow(flow)
    height, width = flow.shape[:2]
    header = FLO_MAGIC.astype('<f4').tobytes()
    header += np.array([width, height], '<i4').tobytes()
    with open(path, 'wb') as file:
        file.write(header)
        file.write(np.ascontiguousarray(flow, '<f4').data)


def check_flow(flow: np.ndarray) -> None:
    """Raise ValueError unless the shape is (H, W, 2)."""
    if flow.ndim != 3 or flow.shape[2] != 2:
        raise ValueError(f'flow must be (H, W, 2), got shape {flow.shape}')
