"""Frames of a video file or of a folder of images, by one interface."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Union

import cv2
import numpy as np

PathLike = Union[str, 'os.PathLike[str]']

# fmt: off
IMAGE_SUFFIXES = frozenset((
    '.bmp', '.jpeg', '.jpg', '.pgm', '.png', '.ppm', '.tif', '.tiff', '.webp',
))
VIDEO_SUFFIXES = frozenset((
    '.3gp', '.avi', '.flv', '.gif', '.m2ts', '.m4v', '.mkv', '.mov', '.mp4',
    '.mpeg', '.mpg', '.mts', '.ogv', '.ts', '.webm', '.wmv',
))
# fmt: on

# Forward gaps up to this many frames are decoded through, not sought.
_MAX_SKIPPED = 32


class VideoError(ValueError):
    """A video cannot be opened or a frame cannot be read; names the file."""


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


class VideoFileReader(VideoReader):
    """Frames of a video file, decoded by one thread of FFmpeg.

    A jump seeks, and believes the container only if the time stamp of the
    frame it lands on is that of the frame asked for; else it decodes from
    the start. So ``read(i)`` is frame i in any file.

    Args:
        path: Video file.
        auto_rotate: Turn frames as the container's rotation tag asks.

    Raises:
        VideoError: Not a video, or one without frames.
    """

    def __init__(self, path: PathLike, auto_rotate: bool = True) -> None:
        self.path = Path(path)
        self._auto_rotate = auto_rotate
        self._open()
        self.fps = float(self._capture.get(cv2.CAP_PROP_FPS))
        self.rotation = int(self._capture.get(cv2.CAP_PROP_ORIENTATION_META))
        self._count = int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        self._first_ms: float | None = None

    def __len__(self) -> int:
        return max(self._count, 0)

    def read_bgr(self, index: int) -> np.ndarray:
        """Return frame ``index`` as (H, W, 3) uint8 **BGR**."""
        if index < 0:
            raise VideoError(f'{self.path}: no frame {index}')
        if index != self._next:
            self._go_to(index)
        self._grab(index)
        done, frame = self._capture.retrieve()
        if not done:
            raise VideoError(f'{self.path}: frame {index} cannot be decoded')
        return frame

    def close(self) -> None:
        """Release the file."""
        self._capture.release()

    def _open(self) -> None:
        self._capture = open_capture(self.path)
        self._capture.set(
            cv2.CAP_PROP_ORIENTATION_AUTO, float(self._auto_rotate)
        )
        self._next = 0

    def _grab(self, index: int) -> None:
        """Decode the next frame, which is frame ``index``."""
        if not self._capture.grab():
            raise VideoError(f'{self.path}: no frame {index}')
        if index == 0:
            self._first_ms = self._now_ms()
        self._next = index + 1

    def _now_ms(self) -> float:
        return float(self._capture.get(cv2.CAP_PROP_POS_MSEC))

    def _go_to(self, index: int) -> None:
        """Make ``index`` the next frame to grab."""
        ahead = index - self._next
        if not 0 < ahead <= _MAX_SKIPPED and not self._seek(index):
            self.close()
            self._open()
        while self._next < index:
            self._grab(self._next)

    def _seek(self, index: int) -> bool:
        """Jump to frame ``index`` and say whether the jump is certain."""
        if index < 2 or self.fps <= 0:
            return False
        if self._first_ms is None:
            if self._next != 0 or not self._capture.grab():
                return False
            self._first_ms = self._now_ms()
        # Land one frame early: that frame's time stamp is the proof.
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, index - 1)
        if not self._capture.grab():
            return False
        period = 1000 / self.fps
        expected = self._first_ms + (index - 1) * period
        self._next = index
        return abs(self._now_ms() - expected) < 0.25 * period


class FrameFolderReader(VideoReader):
    """Frames of a folder of images, in natural order of the file names.

    ``frame2.png`` comes before ``frame10.png``.

    Args:
        path: Folder.

    Raises:
        VideoError: The folder holds no images.
    """

    def __init__(self, path: PathLike) -> None:
        self.path = Path(path)
        self.files = list_frames(path)
        if not self.files:
            raise VideoError(f'{path}: the folder holds no images')

    def __len__(self) -> int:
        return len(self.files)

    def read_bgr(self, index: int) -> np.ndarray:
        """Return frame ``index`` as (H, W, 3) uint8 **BGR**."""
        if not 0 <= index < len(self.files):
            raise VideoError(f'{self.path}: no frame {index}')
        file = self.files[index]
        data = np.fromfile(file, np.uint8)
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        frame = cv2.imdecode(data, flags) if data.size else None
        if frame is None:
            raise VideoError(f'{file}: not a readable image')
        return frame


def open_video(path: PathLike, auto_rotate: bool = True) -> VideoReader:
    """Open a video file or a folder of frames.

    Args:
        path: File or folder.
        auto_rotate: Turn frames as a video's rotation tag asks.

    Returns:
        A reader with ``len``, ``read(i)``, iteration, ``fps``, ``close``.

    Raises:
        VideoError: Missing, empty or unreadable; the message names it.
    """
    if os.path.isdir(path):
        return FrameFolderReader(path)
    return VideoFileReader(path, auto_rotate)


def open_capture(path: PathLike, packets: bool = False) -> cv2.VideoCapture:
    """Open OpenCV's capture of a file, with one decoding thread.

    Args:
        path: Video file.
        packets: Hand out encoded packets instead of decoded frames.

    Returns:
        The opened capture.

    Raises:
        VideoError: Missing, empty or not a video.
    """
    file = Path(path)
    if not file.is_file():
        raise VideoError(f'{path}: no such video file')
    if file.stat().st_size == 0:
        raise VideoError(f'{path}: the file is empty (0 bytes)')
    options = [cv2.CAP_PROP_N_THREADS, 1]
    if packets:
        options += [cv2.CAP_PROP_FORMAT, -1]
    # FFmpeg by name: others take "%" in a path for a numbered sequence.
    capture = cv2.VideoCapture(os.path.abspath(file), cv2.CAP_FFMPEG, options)
    if not capture.isOpened():
        raise VideoError(f'{path}: not a readable video')
    return capture


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
    return [int(p) if p.isdigit() else p for p in parts], name
