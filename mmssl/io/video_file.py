"""Frames of a video file by OpenCV, exact by index."""

from __future__ import annotations

import math
import os
from pathlib import Path

import cv2
import numpy as np

from mmssl.io.errors import PathLike, VideoError
from mmssl.io.image_header import MAX_PIXELS
from mmssl.io.video_reader import VideoReader

# fmt: off
VIDEO_SUFFIXES = frozenset((
    '.3gp', '.avi', '.flv', '.gif', '.m2ts', '.m4v', '.mkv', '.mov', '.mp4',
    '.mpeg', '.mpg', '.mts', '.ogv', '.ts', '.webm', '.wmv',
))
# fmt: on

# Forward gaps up to this many frames are decoded through, not sought.
_MAX_SKIPPED = 32


class VideoFileReader(VideoReader):
    """Frames of a video file, decoded by one thread of FFmpeg.

    A jump seeks, and is believed only if the time stamp of the frame it
    lands on is that of the frame asked for, by the file's own packets; else
    the file is decoded from the start. So ``read(i)`` is frame i in any
    file, also where the frame rate varies and OpenCV alone would err.

    Args:
        path: Video file.
        auto_rotate: Turn frames as the container's rotation tag asks.

    Raises:
        VideoError: Not a video, frames too large, or a number of frames
            that no file of that size holds.
    """

    def __init__(self, path: PathLike, auto_rotate: bool = True) -> None:
        self.path = Path(path)
        self._auto_rotate = auto_rotate
        self._open()
        self.fps = self._number(cv2.CAP_PROP_FPS)
        self.rotation = int(self._number(cv2.CAP_PROP_ORIENTATION_META))
        self._count = int(self._number(cv2.CAP_PROP_FRAME_COUNT))
        self._check_sizes()
        self._times: list[float] | None = None  # ms, once a jump needs it
        self._first_ms: float | None = None  # of frame 0, once decoded
        self._end: int | None = None  # first frame known not to exist

    def __len__(self) -> int:
        return max(self._count, 0)

    def read_bgr(self, index: int) -> np.ndarray:
        """Return frame ``index`` as (H, W, 3) uint8 **BGR**."""
        if index < 0 or (self._end is not None and index >= self._end):
            raise VideoError(self.path, f'no frame {index}')
        if index != self._next:
            self._go_to(index)
        self._grab(index)
        try:
            done, frame = self._capture.retrieve()
        except cv2.error as error:
            raise VideoError(self.path, f'frame {index}: {error.err}') from (
                error
            )
        if not done:
            raise VideoError(self.path, f'frame {index} cannot be decoded')
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

    def _number(self, prop: int) -> float:
        """Return a number of the container; 0 if it is none."""
        value = float(self._capture.get(prop))
        return value if math.isfinite(value) else 0.0

    def _check_sizes(self) -> None:
        """Refuse headers that lie grossly, before memory is asked for."""
        width = int(self._number(cv2.CAP_PROP_FRAME_WIDTH))
        height = int(self._number(cv2.CAP_PROP_FRAME_HEIGHT))
        num_bytes = self.path.stat().st_size
        problem = ''
        if width * height > MAX_PIXELS:
            problem = f'frames of {width} x {height} px'
        elif self._count > num_bytes:
            problem = f'{self._count} frames'
        if problem:
            self.close()
            raise VideoError(
                self.path, f'claims to hold {problem} in {num_bytes} bytes'
            )

    def _grab(self, index: int) -> None:
        """Decode the next frame, which is frame ``index``."""
        if not self._capture.grab():
            self._end = index
            raise VideoError(self.path, f'no frame {index}')
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
        if self._times is None:
            self._times = packet_times(self.path)
        if not 2 <= index <= len(self._times):
            return False
        if self._first_ms is None:
            self._grab(0)
        if self._first_ms != self._times[0]:
            return False  # packets before the first frame are not shown
        # Land one frame early: that frame's time stamp is the proof.
        expected, before = self._times[index - 1], self._times[index - 2]
        self._capture.set(cv2.CAP_PROP_POS_FRAMES, index - 1)
        if not self._capture.grab():
            return False
        self._next = index
        return expected > before and abs(self._now_ms() - expected) < 0.01


def packet_times(path: PathLike) -> list[float]:
    """Presentation times of a video's packets: one for each frame.

    Packets are read without being decoded, about a hundred times faster.

    Args:
        path: Video file.

    Returns:
        Times in ms, sorted; empty where OpenCV gives no packets.

    Raises:
        VideoError: Not a video.
    """
    capture = open_capture(path, packets=True)
    times = []
    while capture.grab():
        times.append(float(capture.get(cv2.CAP_PROP_POS_MSEC)))
    capture.release()
    return sorted(times)


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
    try:
        num_bytes = _size_of(file)
    except (OSError, ValueError) as error:
        why = getattr(error, 'strerror', None) or error
        raise VideoError(path, f'cannot be read ({why})') from error
    if num_bytes is None:
        raise VideoError(path, 'no such video file')
    if num_bytes == 0:
        raise VideoError(path, 'the file is empty (0 bytes)')
    options = [cv2.CAP_PROP_N_THREADS, 1]
    if packets:
        options += [cv2.CAP_PROP_FORMAT, -1]
    # FFmpeg by name: others take "%" in a path for a numbered sequence.
    try:
        capture = cv2.VideoCapture(
            os.path.abspath(file), cv2.CAP_FFMPEG, options
        )
    except cv2.error as error:
        raise VideoError(path, f'not a readable video: {error.err}') from error
    if not capture.isOpened():
        raise VideoError(path, 'not a readable video')
    return capture


def _size_of(file: Path) -> int | None:
    """Return the bytes of a readable file; None if there is none."""
    if not file.is_file():
        return None
    with open(file, 'rb') as stream:  # FFmpeg does not say "forbidden"
        return os.fstat(stream.fileno()).st_size
