"""Frames of one video to pairs on disk; what a worker does."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mmssl.flow.checks import (
    clipped_share,
    consistent_share,
    cut_score,
    mean_motion,
)
from mmssl.flow.estimators import FlowEstimator
from mmssl.flow.frames import Frame, shrink
from mmssl.flow.layout import flow_files, image_file
from mmssl.flow.settings import ExtractionSettings
from mmssl.io.flow_files import encode_flow_jpg, write_flo, write_jpg
from mmssl.io.videos import VideoError, VideoReader


@dataclass
class PairCounts:
    """What became of a run of pairs.

    Attributes:
        kept: First frames of the pairs that were written.
        dropped: Number of pairs by reason: ``scene_cut``, ``min_motion``,
            ``inconsistent``, ``size_change``, ``unreadable``.
        unreadable: Frames that could not be read.
        clipped: Kept pairs with flow beyond what the jpg format holds.
    """

    kept: list[int] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    unreadable: set[int] = field(default_factory=set)
    clipped: int = 0

    def add(self, other: PairCounts) -> None:
        """Add the counts of another run of the same video."""
        self.kept += other.kept
        self.dropped += other.dropped
        self.unreadable |= other.unreadable
        self.clipped += other.clipped


class PairExtractor:
    """Pairs of one video: decode, check, compute flow, write.

    Args:
        reader: The opened video.
        folder: Existing folder that receives the files.
        settings: What to do.
        estimator: Built from the settings; shared between videos.
    """

    def __init__(
        self,
        reader: VideoReader,
        folder: str,
        settings: ExtractionSettings,
        estimator: FlowEstimator,
    ) -> None:
        self._reader = reader
        self._folder = folder
        self._settings = settings
        self._estimator = estimator
        self._frames: dict[int, Frame | None] = {}

    def extract(self, starts: Sequence[int]) -> PairCounts:
        """Extract the pairs that begin at the given frames.

        Args:
            starts: Ascending frame numbers.

        Returns:
            Which pairs were kept and why others were dropped.
        """
        counts = PairCounts()
        stride = self._settings.stride
        wanted = {*starts, *(start + stride for start in starts)}
        for start in starts:
            self._read_until(start, start + stride, wanted, counts)
            reason = self._pair(start, counts)
            if reason:
                counts.dropped[reason] += 1
            else:
                counts.kept.append(start)
        return counts

    def close(self) -> None:
        """Close the video."""
        self._reader.close()

    def _read_until(
        self, begin: int, end: int, wanted: set[int], counts: PairCounts
    ) -> None:
        """Hold the wanted frames of begin..end, forget those before."""
        self._frames = {i: f for i, f in self._frames.items() if i >= begin}
        for index in range(begin, end + 1):
            if index in wanted and index not in self._frames:
                self._frames[index] = self._read(index, counts)

    def _read(self, index: int, counts: PairCounts) -> Frame | None:
        try:
            image = self._reader.read_bgr(index)
        except VideoError:
            counts.unreadable.add(index)
            return None
        return Frame(shrink(image, self._settings.short_size))

    def _pair(self, start: int, counts: PairCounts) -> str | None:
        """Handle one pair; return why it was dropped, None if written."""
        first = self._frames[start]
        second = self._frames[start + self._settings.stride]
        if first is None or second is None:
            return 'unreadable'
        if first.image.shape != second.image.shape:
            return 'size_change'
        limit = self._settings.scene_cut
        if (
            limit is not None
            and cut_score(first.signature, second.signature) > limit
        ):
            return 'scene_cut'
        flow = self._flow(first, second)
        least = self._settings.min_motion
        if least > 0 and mean_motion(flow) < least:
            return 'min_motion'
        if not self._consistent(flow, first, second):
            return 'inconsistent'
        self._write(start, first, second, flow, counts)
        return None

    def _flow(self, first: Frame, second: Frame) -> np.ndarray:
        return self._estimator.between(
            first.prepared(self._estimator), second.prepared(self._estimator)
        )

    def _consistent(
        self, flow: np.ndarray, first: Frame, second: Frame
    ) -> bool:
        least = self._settings.min_consistency
        if least is None:
            return True
        return consistent_share(flow, self._flow(second, first)) >= least

    def _write(
        self,
        start: int,
        first: Frame,
        second: Frame,
        flow: np.ndarray,
        counts: PairCounts,
    ) -> None:
        quality = self._settings.quality
        stride = self._settings.stride
        for index, frame in ((start, first), (start + stride, second)):
            if not frame.written:
                path = os.path.join(self._folder, image_file(index))
                write_jpg(frame.image, path, quality)
                frame.written = True
        names = flow_files(start, self._settings.format)
        paths = [os.path.join(self._folder, name) for name in names]
        if self._settings.format == 'flo':
            write_flo(flow, paths[0])
            return
        codes = encode_flow_jpg(flow)
        counts.clipped += any(clipped_share(c) > 0.01 for c in codes)
        for code, path in zip(codes, paths):
            write_jpg(code, path, quality)
