"""How far the jobs are: rate, and time that is left."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Callable


def remaining_seconds(
    waiting: Sequence[str],
    seconds: Mapping[str, Sequence[float]],
    slots: int,
) -> float | None:
    """Estimate how long jobs will take.

    Jobs of one task take about as long; a task of which none has ended yet
    is taken to be as the mean of the others.

    Args:
        waiting: Task of each job that has not ended.
        seconds: Task -> what its jobs took, s.
        slots: Jobs at once.

    Returns:
        s, at least those of one job; None where nothing has ended yet.

    Example:
        >>> remaining_seconds(['a', 'a', 'b'], {'a': [10.0]}, 2)
        15.0
    """
    known = {task: fmean(found) for task, found in seconds.items() if found}
    if not known:
        return None
    if not waiting:
        return 0.0
    usual = fmean(known.values())
    each = [known.get(task, usual) for task in waiting]
    return max(sum(each) / max(1, min(slots, len(each))), max(each))


def duration(seconds: float) -> str:
    """Return a time for people.

    Example:
        >>> [duration(t) for t in (5.4, 200, 7300)]
        ['5 s', '3 min 20 s', '2 h 01 min']
    """
    whole = round(seconds)
    if whole < 60:
        return f'{whole} s'
    if whole < 3600:
        return f'{whole // 60} min {whole % 60:02d} s'
    return f'{whole // 3600} h {whole % 3600 // 60:02d} min'


class Progress:
    """Counts ended jobs and says how it goes.

    Args:
        tasks: Task of each job that is to run.
        slots: Jobs at once.
        known: Task -> s of jobs of earlier calls.
        clock: s.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        slots: int,
        known: Mapping[str, Sequence[float]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._waiting = list(tasks)
        self._total = len(tasks)
        self._slots = slots
        self._seconds = {t: list(found) for t, found in (known or {}).items()}
        self._clock = clock
        self._start = clock()

    def ended(self, task: str, seconds: float, good: bool = True) -> str:
        """Note the end of a job; return ``'[2/8]'`` and how it goes on.

        Args:
            task: Of the job.
            seconds: That it took.
            good: Whether it gave a result; how long a failure takes says
                nothing of the others.
        """
        self._waiting.remove(task)
        if good:
            self._seconds.setdefault(task, []).append(seconds)
        return f'[{self.done}/{self._total}] {self.text()}'

    @property
    def done(self) -> int:
        """Number of jobs that have ended."""
        return self._total - len(self._waiting)

    def text(self) -> str:
        """Return rate and time left."""
        gone = self._clock() - self._start
        left = remaining_seconds(self._waiting, self._seconds, self._slots)
        words = []
        if self.done and gone > 0:
            words.append(f'{60 * self.done / gone:.2g} jobs/min')
        if self._waiting and left is not None:
            words.append(f'about {duration(left)} left')
        return ', '.join(words)
