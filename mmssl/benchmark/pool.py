"""Runs jobs on so many places at once, and ends them all when told to."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable, Generic, TypeVar

from mmssl.benchmark.job_process import JobProcess, end_all

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_S = 15.0
_POLL_S = 0.1

J = TypeVar('J')


@dataclass(frozen=True)
class Slot:
    """A place where one job at a time runs.

    Attributes:
        name: For people, e.g. 'GPU 0'.
        environment: Variables that its jobs get.
        prefix: Words before the job's own, e.g. those of srun.
    """

    name: str
    environment: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()


class Stopped(Exception):
    """A signal asked the jobs to end.

    Args:
        number: Of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f'stopped by {signal.Signals(number).name}')
        self.number = number


@dataclass
class _Busy(Generic[J]):
    job: J
    slot: Slot
    process: JobProcess


def run_pool(
    jobs: Sequence[J],
    slots: Sequence[Slot],
    start: Callable[[J, Slot], JobProcess],
    ended: Callable[[J, int, float], None],
    *,
    grace: float = GRACE_S,
) -> None:
    """Run all jobs, in order, one on each free slot.

    What comes of a job is no business of the others. SIGINT, SIGTERM and
    SIGHUP end all: they are asked to, and killed after ``grace``.

    Args:
        jobs: Anything.
        slots: At least one.
        start: Starts a job on a slot.
        ended: Hears of each job that has ended: its exit status (negative:
            of a signal) and its seconds.
        grace: s.

    Raises:
        Stopped: By a signal; jobs that were at work are not ``ended``.
        ValueError: There is no slot.
    """
    if not slots:
        raise ValueError('jobs need at least one slot')
    waiting, free = list(jobs), list(slots)
    busy: list[_Busy[J]] = []
    with _noted_signals() as noted:
        try:
            while waiting or busy:
                _collect(busy, free, ended)
                if noted:
                    raise Stopped(noted[0])
                while waiting and free and not noted:
                    slot, job = free.pop(0), waiting.pop(0)
                    busy.append(_Busy(job, slot, start(job, slot)))
                if busy:
                    time.sleep(_POLL_S)
        finally:
            end_all([one.process for one in busy], grace)


def _collect(
    busy: list[_Busy[J]],
    free: list[Slot],
    ended: Callable[[J, int, float], None],
) -> None:
    """Take out what has ended, and free its slots."""
    for one in list(busy):
        status = one.process.poll()
        if status is None:
            continue
        seconds = one.process.seconds
        busy.remove(one)
        free.append(one.slot)
        one.process.send(signal.SIGKILL)  # data loaders of a crashed job
        ended(one.job, status, seconds)


@contextlib.contextmanager
def _noted_signals() -> Iterator[list[int]]:
    """Give a list that signals are written to, instead of what they do.

    A handler that raised could lose a process that is just being started.
    """
    noted: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield noted  # signals reach the main thread only
        return
    before: dict[signal.Signals, Any] = {
        number: signal.signal(number, lambda n, _: noted.append(n))
        for number in STOPPING
    }
    try:
        yield noted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
