"""The second round: pairs of all usable videos, and a marker for each."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from mmssl.flow.handler import PairTask
from mmssl.flow.layout import (
    clear_folder,
    marker_file,
    pair_folder,
    remove_if_empty,
)
from mmssl.flow.markers import Marker, write_marker
from mmssl.flow.pairs import PairCounts
from mmssl.flow.probing import Probe
from mmssl.flow.progress import ProgressBar
from mmssl.flow.report import Skipped, frame_notes
from mmssl.flow.run import Pool, failure, run_tasks
from mmssl.flow.settings import ExtractionSettings
from mmssl.flow.work_queue import WorkQueue
from mmssl.flow.workers import Reply
from mmssl.io.video_sources import VideoSource


class PairRun:
    """Extracts the pairs of videos.

    Args:
        sources: Videos.
        probes: Findings of the usable ones, by position in ``sources``.
        out: Output folder.
        settings: How pairs are made.
        fingerprint: Of the settings, for the markers.
        stream: Where progress is shown; None for silence.

    Attributes:
        markers: Of the videos that were finished.
        skipped: Those that turned out not to be usable.
    """

    def __init__(
        self,
        sources: Sequence[VideoSource],
        probes: Mapping[int, Probe],
        out: str,
        settings: ExtractionSettings,
        fingerprint: dict[str, Any],
        stream: TextIO | None,
    ) -> None:
        self.markers: list[Marker] = []
        self.skipped: list[Skipped] = []
        self._sources = sources
        self._probes = probes
        self._out = out
        self._settings = settings
        self._fingerprint = fingerprint
        self._left = {
            video: len(settings.pair_starts(probe.frames))
            for video, probe in probes.items()
        }
        self._counts = {video: PairCounts() for video in probes}
        self._costs = [
            pair_cost(probes[video], settings) if video in probes else 0.0
            for video in range(len(sources))
        ]
        pairs = [self._left.get(video, 0) for video in range(len(sources))]
        self._queue = WorkQueue(pairs, self._costs)
        cost = sum(n * each for n, each in zip(pairs, self._costs))
        self._bar = ProgressBar(sum(pairs), cost, 'pairs', stream)

    def drive(self, pool: Pool) -> None:
        """Extract everything.

        Args:
            pool: Workers.

        Raises:
            OSError: Output cannot be written.
        """
        run_tasks(pool, self._next_task, self._handle)
        self._bar.close(self._note())
        for video in set(self._probes) - set(self._counts):
            clear_folder(self._folder(video))
            remove_if_empty(self._folder(video))

    def _next_task(self, worker: int) -> PairTask | None:
        work = self._queue.next(worker)
        if work is None:
            return None
        if work.begin == 0:
            self._begin(work.video)
        return PairTask(
            work.video,
            self._sources[work.video],
            self._folder(work.video),
            self._probes[work.video].frames,
            work.begin,
            work.end,
        )

    def _handle(self, task: PairTask, reply: Reply) -> None:
        done = task.end - task.begin
        self._bar.add(done, done * self._costs[task.video], self._note())
        if task.video not in self._counts:
            return  # given up while this task was under way
        failed = failure(task, reply)
        if failed is not None:
            self._queue.drop(task.video)
            self._give_up(task, failed)
            return
        self._counts[task.video].add(reply.value)
        self._left[task.video] -= done
        if self._left[task.video] == 0:
            self._finish(task)

    def _note(self) -> str:
        return f'{len(self.markers)}/{len(self._probes)} videos'

    def _folder(self, video: int) -> str:
        return pair_folder(self._out, self._sources[video].name)

    def _begin(self, video: int) -> None:
        """Clear what an earlier, unfinished or other run left."""
        with contextlib.suppress(FileNotFoundError):
            os.remove(marker_file(self._out, self._sources[video].name))
        clear_folder(self._folder(video))

    def _give_up(self, task: PairTask, skipped: Skipped) -> None:
        del self._counts[task.video]
        self.skipped.append(skipped)

    def _finish(self, task: PairTask) -> None:
        """Mark a video as finished, or give it up if nothing was readable."""
        source, counts = task.source, self._counts[task.video]
        probe = self._probes[task.video]
        total = len(counts.kept) + sum(counts.dropped.values())
        if counts.dropped['unreadable'] == total:
            detail = 'no two of its frames can be read'
            self._give_up(task, Skipped(source.relative, 'unreadable', detail))
            return
        marker = Marker(
            source.relative,
            source.num_bytes,
            self._fingerprint,
            probe.frames,
            sorted(counts.kept),
            dict(sorted(counts.dropped.items())),
            counts.clipped,
            frame_notes(source, probe, counts),
            probe.needed,
        )
        remove_if_empty(task.folder)
        write_marker(self._out, source.name, marker)
        self.markers.append(marker)


def pair_cost(probe: Probe, settings: ExtractionSettings) -> float:
    """Cost of a pair: the pixels of a frame after resizing.

    Args:
        probe: Size of the decoded frames.
        settings: To which size they are shrunk.

    Returns:
        Pixels.
    """
    short = min(probe.height, probe.width)
    scale = min(1.0, (settings.short_size or short) / short)
    return probe.height * probe.width * scale**2
