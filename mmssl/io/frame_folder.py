"""Frames of a folder of images."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np

from mmssl.io.errors import DataFileError, PathLike, VideoError
from mmssl.io.images import read_bgr
from mmssl.io.video_reader import VideoReader

# fmt: off
IMAGE_SUFFIXES = frozenset((
    '.bmp', '.jpeg', '.jpg', '.pgm', '.png', '.ppm', '.tif', '.tiff', '.webp',
))
# fmt: on


class FrameFolderReader(VideoReader):
    """Frames of a folder of images, in natural order of the file names.

    ``frame2.png`` comes before ``frame10.png``.

    Args:
        path: Folder.

    Raises:
        VideoError: The folder holds no images or cannot be listed.
    """

    def __init__(self, path: PathLike) -> None:
        self.path = Path(path)
        try:
            self.files = list_frames(path)
        except OSError as error:
            raise VideoError(
                path, f'cannot be listed ({error.strerror})'
            ) from error
        if not self.files:
            raise VideoError(path, 'the folder holds no images')

    def __len__(self) -> int:
        return len(self.files)

    def read_bgr(self, index: int) -> np.ndarray:
        """Return frame ``index`` as (H, W, 3) uint8 **BGR**."""
        if not 0 <= index < len(self.files):
            raise VideoError(self.path, f'no frame {index}')
        try:
            return read_bgr(self.files[index])
        except DataFileError as error:
            raise VideoError(error.path, error.reason) from error


def list_frames(folder: PathLike) -> list[Path]:
    """Return the images of a folder in natural order, hidden ones left out.

    Args:
        folder: Folder to list; subfolders are not entered.

    Returns:
        Paths; ``2.png`` before ``10.png``.
    """
    files = [
        Path(entry.path)
        for entry in os.scandir(folder)
        if not entry.name.startswith('.')
        and os.path.splitext(entry.name)[1].lower() in IMAGE_SUFFIXES
        and entry.is_file()
    ]
    return sorted(files, key=lambda file: natural_key(file.name))


def natural_key(name: str) -> tuple[list[str | int], str]:
    """Sort key by which numbers inside names count as numbers.

    Args:
        name: File name.

    Returns:
        Key; equal keys fall back to the name itself.

    Example:
        >>> sorted(['f10', 'f9', 'f09'], key=natural_key)
        ['f09', 'f9', 'f10']
    """
    parts = re.split(r'([0-9]+)', name)
    return [int(p) if i % 2 else p for i, p in enumerate(parts)], name
