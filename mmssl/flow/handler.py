"""What a worker does with a task: look at a video, or extract pairs of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Union

from mmssl.flow.pairs import PairCounts, PairExtractor
from mmssl.flow.probing import Probe, probe_video
from mmssl.flow.settings import ExtractionSettings
from mmssl.io.video_sources import VideoSource
from mmssl.io.videos import open_video


@dataclass(frozen=True)
class ProbeTask:
    """Look at a video."""

    video: int
    source: VideoSource


@dataclass(frozen=True)
class PairTask:
    """Extract the pairs ``begin <= i < end`` of a video."""

    video: int
    source: VideoSource
    folder: str
    num_frames: int
    begin: int
    end: int


Task = Union[ProbeTask, PairTask]


class ExtractionHandler:
    """Callable for tasks; keeps the last video open between them.

    Args:
        settings: Settings of the whole run.
    """

    def __init__(self, settings: ExtractionSettings) -> None:
        self._settings = settings
        self._estimator = settings.build_estimator()
        self._video: int | None = None
        self._extractor: PairExtractor | None = None
        self._starts: Any = ()

    def __call__(self, task: Task) -> Probe | PairCounts:
        """Do a task."""
        if isinstance(task, ProbeTask):
            return probe_video(
                task.source, self._settings, self._estimator.min_size
            )
        if self._extractor is None or task.video != self._video:
            self._extractor = self._open(task)
        return self._extractor.extract(self._starts[task.begin : task.end])

    def close(self) -> None:
        """Close the video that is open."""
        if self._extractor is not None:
            self._extractor.close()
        self._extractor = None

    def _open(self, task: PairTask) -> PairExtractor:
        self.close()
        self._video = task.video
        self._starts = self._settings.pair_starts(task.num_frames)
        reader = open_video(task.source.path, self._settings.auto_rotate)
        return PairExtractor(
            reader, task.folder, self._settings, self._estimator
        )
