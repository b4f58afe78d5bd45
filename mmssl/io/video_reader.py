"""The interface of everything that gives the frames of a video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mmssl.io.errors import PathLike, VideoError

__all__ = ['PathLike', 'VideoError', 'VideoReader']


class VideoReader:
    """Frames in order or by index; base of the two readers.

    Attributes:
        path: The file or folder.
        fps: Frames per second as the container states it; 0 if unknown.
        rotation: Degrees of the container's rotation tag; 0 if none.
    """

    path: Path
    fps: float = 0.0
    rotation: int = 0

    def __len__(self) -> int:
        """Return the number of frames that the container declares."""
        raise NotImplementedError

    def read_bgr(self, index: int) -> np.ndarray:
        """Return frame ``index`` as (H, W, 3) uint8 **BGR**."""
        raise NotImplementedError

    def read(self, index: int) -> np.ndarray:
        """Return one frame; forward reading is fast, jumps are exact.

        Args:
            index: Number of the frame, from 0.

        Returns:
            (H, W, 3) uint8 RGB.

        Raises:
            VideoError: There is no such frame, or it cannot be decoded.
        """
        return cv2.cvtColor(self.read_bgr(index), cv2.COLOR_BGR2RGB)

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yield the declared frames from the first, as RGB."""
        return (self.read(index) for index in range(len(self)))

    def close(self) -> None:
        """Release the file."""

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
