"""A few opened videos, kept by each process for itself."""

from __future__ import annotations

import os
from collections import OrderedDict
from typing import Any

from mmssl.io.videos import VideoReader, open_video


class ReaderCache:
    """The ``max_open`` videos read last, opened once per process.

    Opened files are never shared: a forked worker forgets those of its
    parent (both would move the one read position), and a pickled cache
    travels empty.

    Args:
        max_open: Largest number of open videos.

    Raises:
        ValueError: ``max_open`` is below 1.
    """

    def __init__(self, max_open: int = 8) -> None:
        if max_open < 1:
            raise ValueError(f'max_open must be at least 1, got {max_open}')
        self.max_open = max_open
        self._readers: OrderedDict[str, VideoReader] = OrderedDict()
        self._owner = os.getpid()

    def get(self, path: str) -> VideoReader:
        """Return the reader of a video, opened if need be.

        Args:
            path: Video file or frame folder.

        Returns:
            The reader; it stays valid until ``max_open`` others are asked
            for.

        Raises:
            VideoError: The video cannot be opened.
        """
        if self._owner != os.getpid():
            self._readers.clear()
            self._owner = os.getpid()
        if path in self._readers:
            self._readers.move_to_end(path)
            return self._readers[path]
        reader = open_video(path)
        self._readers[path] = reader
        if len(self._readers) > self.max_open:
            self._readers.popitem(last=False)[1].close()
        return reader

    def __len__(self) -> int:
        """Return the number of open videos."""
        return len(self._readers)

    def __getstate__(self) -> dict[str, Any]:
        return dict(max_open=self.max_open)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def __deepcopy__(self, memo: dict[int, Any]) -> ReaderCache:
        return type(self)(self.max_open)
