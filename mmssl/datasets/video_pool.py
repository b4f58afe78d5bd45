"""Several videos as one numbered row of frame pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mmssl.datasets.reader_cache import ReaderCache
from mmssl.flow.frames import shrink
from mmssl.io.video_sources import find_sources
from mmssl.io.videos import VideoError, open_video


class FramePair(NamedTuple):
    """Two frames of one video.

    Attributes:
        first: (H, W, 3) uint8 RGB.
        second: The same shape, ``stride`` frames later.
        path: The video.
        frame: Number of the first frame.
    """

    first: np.ndarray
    second: np.ndarray
    path: str
    frame: int


class VideoPool:
    """All pairs of several videos, numbered through.

    Videos are in the order of their folders and names; a video of n frames
    has ``n - max_stride`` pairs, by their first frame.

    Args:
        paths: Videos, and folders that are searched for videos and frame
            folders.
        max_stride: Frames between the two frames of a pair, at most.
        short_size: Shrink frames to this shorter side; None: leave them.
        max_open: Videos that each process keeps open.

    Attributes:
        left_out: Why videos have no part in it, one text for each.

    Raises:
        FileNotFoundError: A path is missing or holds no videos.
        ValueError: No video has a pair; each one's reason is told.
    """

    def __init__(
        self,
        paths: Sequence[str],
        max_stride: int = 1,
        short_size: int | None = None,
        max_open: int = 8,
    ) -> None:
        self.max_stride = max_stride
        self.short_size = short_size
        self.left_out: list[str] = []
        self._readers = ReaderCache(max_open)
        self._videos: list[str] = []
        counts = []
        for path in paths:
            for source in find_sources(path)[0]:
                count = self._count_pairs(source.path)
                if count:
                    self._videos.append(source.path)
                    counts.append(count)
        self._ends = np.cumsum(counts, dtype=np.int64)
        if not counts:
            told = '\n'.join(f'  {line}' for line in self.left_out)
            raise ValueError(f'no video has a pair of frames:\n{told}')

    def __len__(self) -> int:
        """Return the number of pairs."""
        return int(self._ends[-1])

    def read(self, number: int, stride: int) -> FramePair:
        """Decode one pair.

        Args:
            number: Number of the pair, 0 .. len - 1.
            stride: Frames between the two, 1 .. max_stride.

        Returns:
            The frames, of one size, and where they are from.

        Raises:
            VideoError: A frame cannot be read, or the sizes differ.
        """
        video = int(np.searchsorted(self._ends, number, side='right'))
        path = self._videos[video]
        frame = number - (int(self._ends[video - 1]) if video else 0)
        reader = self._readers.get(path)
        first = shrink(reader.read(frame), self.short_size)
        second = shrink(reader.read(frame + stride), self.short_size)
        if first.shape != second.shape:
            raise VideoError(
                path,
                f'frames {frame} and {frame + stride} differ in size: '
                f'{first.shape[:2]} and {second.shape[:2]}',
            )
        return FramePair(first, second, path, frame)

    def _count_pairs(self, path: str) -> int:
        """Return the number of pairs of a video; note why it has none."""
        try:
            with open_video(path) as reader:
                frames = len(reader)
        except VideoError as error:
            self.left_out.append(str(error))
            return 0
        if frames <= self.max_stride:
            self.left_out.append(
                f'{path}: {frames} frames, stride {self.max_stride}'
            )
        return max(0, frames - self.max_stride)
