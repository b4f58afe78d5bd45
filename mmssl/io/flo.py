"""Middlebury ``.flo`` files.

Layout, little-endian: float32 202021.25, int32 width, int32 height, then
row-major interleaved float32 (u right, v down) in px.
"""

from __future__ import annotations

import numpy as np

from mmssl.io.errors import DataFileError, PathLike
from mmssl.io.file_bytes import Retry, read_bytes

FLO_MAGIC = np.float32(202021.25)
# No picture is that wide; Middlebury marks unknown flow by 1e9 and more.
MAX_FLO_PX = 10_000.0
_FLO_HEADER_BYTES = 12


def read_flo(
    path: PathLike,
    limit: float | None = MAX_FLO_PX,
    retry: Retry | None = None,
) -> np.ndarray:
    """Read a Middlebury ``.flo`` file.

    Args:
        path: File to read.
        limit: Largest component allowed, in px; NaN never is. None takes
            the values as they are.
        retry: How often a failing disk is asked again.

    Returns:
        (H, W, 2) float32 in px, writable.

    Raises:
        MissingFileError: No such file; also a FileNotFoundError.
        DataFileError: Not a whole ``.flo`` file, or one with values beyond
            the limit; the message names it.
    """
    data = read_bytes(path, retry or Retry())
    width, height = flo_size(data, path)
    flow = np.frombuffer(data, '<f4', offset=_FLO_HEADER_BYTES)
    flow = flow.reshape(height, width, 2).astype(np.float32)
    if limit is not None:
        _check_values(flow, path, limit)
    return flow


def flo_size(data: bytes, path: PathLike) -> tuple[int, int]:
    """Check the frame of a ``.flo`` file, but no values.

    Args:
        data: The whole file.
        path: Its name, for errors.

    Returns:
        (width, height) in px.

    Raises:
        DataFileError: Not a whole ``.flo`` file.
    """
    if len(data) < _FLO_HEADER_BYTES:
        raise DataFileError(
            path,
            f'not a .flo file: {len(data)} bytes, the header alone has '
            f'{_FLO_HEADER_BYTES}',
        )
    magic = np.frombuffer(data, '<f4', 1)[0]
    if magic != FLO_MAGIC:
        raise DataFileError(
            path,
            f'not a .flo file: it begins with {magic!s}, not with '
            f'{FLO_MAGIC!s}',
        )
    width, height = (int(n) for n in np.frombuffer(data, '<i4', 2, 4))
    expected = _FLO_HEADER_BYTES + 8 * width * height
    if width < 1 or height < 1 or len(data) != expected:
        raise DataFileError(
            path,
            f'damaged .flo file: {width}x{height} needs {expected} bytes, '
            f'the file has {len(data)}',
        )
    return width, height


def _check_values(flow: np.ndarray, path: PathLike, limit: float) -> None:
    """Refuse NaN and what is no motion of anything."""
    if flow.min() >= -limit and flow.max() <= limit:  # false for NaN
        return
    wrong = ~(np.abs(flow) <= limit).all(axis=2)
    row, column = np.argwhere(wrong)[0]
    raise DataFileError(
        path,
        f'{int(wrong.sum())} of {wrong.size} flow vectors are not finite or '
        f'beyond {limit:g} px; the first: {flow[row, column].tolist()} in '
        f'row {row}, column {column}',
    )


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
