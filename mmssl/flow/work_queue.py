"""Which worker looks at which pairs next."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple


class Work(NamedTuple):
    """Pairs ``begin <= i < end`` of one video."""

    video: int
    begin: int
    end: int


class WorkQueue:
    """Hands out runs of pairs: whole videos first, halves of them at the end.

    A worker goes through one video in order, so that each frame is decoded
    once. When no video is left, an idle worker takes the second half of the
    longest remaining run, so that the last video does not keep one core busy
    and the others waiting. What is handed out to whom never changes the
    result, since each pair depends on its two frames only.

    Args:
        num_pairs: Number of pairs of each video.
        costs: Cost of one pair of each video, in any unit (its pixels, say).
        unit: Pairs handed out at a time.

    Example:
        >>> queue = WorkQueue([20], [1.0], unit=8)
        >>> queue.next('a')
        Work(video=0, begin=0, end=8)
        >>> queue.next('b')  # the second half of 8..20
        Work(video=0, begin=14, end=20)
    """

    def __init__(
        self, num_pairs: Sequence[int], costs: Sequence[float], unit: int = 8
    ) -> None:
        self._waiting = [
            Work(video, 0, pairs)
            for video, pairs in reversed(list(enumerate(num_pairs)))
            if pairs
        ]
        self._costs = costs
        self._unit = unit
        self._runs: dict[Hashable, Work] = {}

    def next(self, worker: Hashable) -> Work | None:
        """Return the next pairs for a worker; None if nothing is left."""
        run = self._runs.pop(worker, None)
        if run is None and self._waiting:
            run = self._waiting.pop()
        if run is None:
            run = self._steal()
        if run is None:
            return None
        end = min(run.begin + self._unit, run.end)
        if end < run.end:
            self._runs[worker] = run._replace(begin=end)
        return run._replace(end=end)

    def drop(self, video: int) -> None:
        """Hand out no more pairs of a video."""
        self._waiting = [run for run in self._waiting if run.video != video]
        self._runs = {
            worker: run
            for worker, run in self._runs.items()
            if run.video != video
        }

    def _steal(self) -> Work | None:
        """Cut the second half off the most expensive run, if worth it."""
        victim = max(self._runs, key=self._remaining, default=None)
        if victim is None:
            return None
        run = self._runs[victim]
        if run.end - run.begin <= self._unit:
            return None
        middle = (run.begin + run.end) // 2
        self._runs[victim] = run._replace(end=middle)
        return run._replace(begin=middle)

    def _remaining(self, worker: Hashable) -> float:
        run = self._runs[worker]
        return (run.end - run.begin) * self._costs[run.video]
