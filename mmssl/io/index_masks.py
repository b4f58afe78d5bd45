"""Reading masks that hold a class in each pixel."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from mmssl.io.errors import DataFileError, PathLike
from mmssl.io.file_bytes import Retry, read_bytes

_MODES = ('1', 'I', 'I;16', 'L', 'P')  # one channel of whole numbers


def read_index_mask(path: PathLike, retry: Retry | None = None) -> np.ndarray:
    """Read a mask with its numbers as they are, those of a palette too.

    Args:
        path: Image of one channel, 8 or 16 bits, usually png.
        retry: How often a failing disk is asked again.

    Returns:
        (H, W) whole numbers >= 0, of the file's width.

    Raises:
        MissingFileError: No such file; also a FileNotFoundError.
        DataFileError: Not an image, or one of several channels.
    """
    data = io.BytesIO(read_bytes(path, retry or Retry()))
    try:
        with Image.open(data) as file:
            mode, mask = file.mode, np.array(file)
    except (OSError, SyntaxError, ValueError) as error:
        raise DataFileError(path, f'cannot be decoded ({error})') from error
    if mode not in _MODES:
        raise DataFileError(
            path,
            f'is of mode {mode}: an index mask has one channel, with a class '
            'in each pixel',
        )
    return mask.astype(np.uint8) if mask.dtype == bool else mask
