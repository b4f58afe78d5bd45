"""Which program draws: its files, and the libraries that decide bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np


def program_digest() -> str:
    """Return a text that changes with the code that draws and encodes.

    Returns:
        SHA-256 of the files of this package and of the versions of numpy
        and OpenCV, hexadecimal.

    Example:
        >>> len(program_digest())
        64
    """
    digest = hashlib.sha256(f'{np.__version__} {cv2.__version__}'.encode())
    folder = Path(__file__).parent
    for path in sorted(folder.rglob('*.py')):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
