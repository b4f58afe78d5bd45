"""Optical flow on disk in either format; the names to import from.

Flow in memory is always (H, W, 2) float32 in pixels, (u right, v down).
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from mmssl.io.errors import PathLike
from mmssl.io.file_bytes import Retry
from mmssl.io.flo import FLO_MAGIC, read_flo, write_flo
from mmssl.io.flow_jpg import (
    MAX_FLOW_PX,
    QUANTUM_PX,
    decode_flow_jpg,
    encode_flow_jpg,
    read_flow_jpg_pair,
    write_flow_jpg_pair,
    write_jpg,
)

__all__ = [
    'FLO_MAGIC',
    'MAX_FLOW_PX',
    'QUANTUM_PX',
    'decode_flow_jpg',
    'encode_flow_jpg',
    'read_flo',
    'read_flow',
    'read_flow_jpg_pair',
    'write_flo',
    'write_flow_jpg_pair',
    'write_jpg',
]


def read_flow(
    paths: PathLike | Sequence[PathLike], retry: Retry | None = None
) -> np.ndarray:
    """Read flow in either format, told apart by the number of files.

    Args:
        paths: One ``.flo`` path, or the two paths of a jpg pair (x, y).
        retry: How often a failing disk is asked again.

    Returns:
        (H, W, 2) float32 in px, finite, within 10,000 px.

    Raises:
        MissingFileError: A file is missing; also a FileNotFoundError.
        DataFileError: A damaged file.
        ValueError: Neither one nor two paths.
    """
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    if len(paths) == 1:
        return read_flo(paths[0], retry=retry)
    if len(paths) == 2:
        return read_flow_jpg_pair(paths[0], paths[1], retry)
    raise ValueError(
        'flow is one .flo file or two jpgs (x, y), got '
        f'{len(paths)} paths: {[str(path) for path in paths]}'
    )
