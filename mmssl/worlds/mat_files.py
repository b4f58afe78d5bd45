"""MATLAB files whose bytes depend on nothing but their content."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.io import savemat

from mmssl.worlds.image_files import write_bytes

# The first 116 bytes are free text; scipy puts time and system there.
_TEXT = b'MATLAB 5.0 MAT-file'.ljust(116)


def write_mat(path: str, values: Mapping[str, Any]) -> None:
    """Write a MATLAB 5 file; its folder is made.

    Args:
        path: File to write.
        values: Arrays by name; of cells as :func:`cells` gives them.

    Raises:
        OSError: The file cannot be written.
    """
    stream = io.BytesIO()
    savemat(stream, dict(values), do_compression=True)
    data = stream.getvalue()
    write_bytes(path, _TEXT + data[len(_TEXT) :])


def cells(texts: Sequence[str]) -> np.ndarray:
    """Return texts as a column of cells, (N, 1).

    Each cell is read back as an array of one text: ``cell[0][0]``.

    Example:
        >>> cells(['a', 'b']).shape
        (2, 1)
    """
    column = np.empty((len(texts), 1), object)
    column[:, 0] = list(texts)
    return column
