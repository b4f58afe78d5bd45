"""Give the items of datasets to workers, and narrow down what crashes one."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from typing import TextIO

from mmssl.datasets.check_record import CheckRecord
from mmssl.datasets.file_check import (
    CheckTask,
    FileCheck,
    Files,
    Finding,
    Part,
)
from mmssl.flow.progress import ProgressBar
from mmssl.flow.run import run_tasks
from mmssl.flow.workers import Reply, WorkerPool


class CheckRun:
    """One check of several datasets, or the rest of one.

    A worker that dies takes the answer for its chunk along. The chunk is then
    done item by item, and what dies again file by file, until the file that
    crashes the decoder is known.

    Args:
        files: Readers of the datasets.
        record: Takes the findings; what is done there is not done again.
        stream: Where progress is shown; None for silence.
    """

    def __init__(
        self,
        files: Sequence[Files],
        record: CheckRecord,
        stream: TextIO | None,
    ) -> None:
        self._files = files
        self._record = record
        self._tasks = self._fresh()
        self._narrow: list[CheckTask] = []  # pieces of tasks that crashed
        self._pieces: dict[tuple[int, int], list[Finding]] = {}
        self._open: dict[tuple[int, int], tuple[CheckTask, int]] = {}
        total = sum(map(len, files)) - sum(record.done)
        labels = {one.label for one in files}
        label = labels.pop() if len(labels) == 1 else 'items'
        self._bar = ProgressBar(total, total, label, stream)

    def drive(self, workers: int, time_limit_s: float) -> None:
        """Do everything that is not done yet.

        Args:
            workers: Processes.
            time_limit_s: After this a task counts as crashed.

        Raises:
            RuntimeError: A reader fails by a mistake in its code.
        """
        make = functools.partial(FileCheck, self._files)
        limit = dict(time_limit_s=time_limit_s)
        with WorkerPool(make, workers, **limit) as pool:  # type: ignore
            run_tasks(pool, self._next, self._handle)
        self._bar.close(self._note())

    def _fresh(self) -> Iterator[CheckTask]:
        for number, files in enumerate(self._files):
            size = len(files)
            for begin in range(0, size, files.chunk):
                if not self._record.is_done(number, begin):
                    end = min(begin + files.chunk, size)
                    yield CheckTask(number, begin, end)

    def _next(self, worker: int) -> CheckTask | None:
        return self._narrow.pop() if self._narrow else next(self._tasks, None)

    def _handle(self, task: CheckTask, reply: Reply) -> None:
        if reply.kind == 'failed':
            raise RuntimeError(f'while checking {task}: {reply.value}')
        whole = self._whole(task)
        if reply.kind == 'died':
            pieces = self._split(task)
            if pieces:
                self._postpone(whole, task, pieces)
                return
            found = [self._crash(task, reply.value)]
        else:
            found = reply.value
        self._collect(whole, task, found)

    def _whole(self, task: CheckTask) -> CheckTask:
        """Return the chunk that a task is a piece of."""
        files = self._files[task.dataset]
        begin = task.begin // files.chunk * files.chunk
        end = min(begin + files.chunk, len(files))
        return CheckTask(task.dataset, begin, end)

    def _split(self, task: CheckTask) -> list[CheckTask]:
        """Return the pieces of a task: items, then files."""
        if task.end - task.begin > 1:
            return [
                task._replace(begin=item, end=item + 1)
                for item in range(task.begin, task.end)
            ]
        if task.part is not None:
            return []
        parts = self._files[task.dataset].parts(task.begin)
        return [task._replace(part=part) for part in range(len(parts))]

    def _postpone(
        self, whole: CheckTask, task: CheckTask, pieces: list[CheckTask]
    ) -> None:
        key = whole[:2]
        waiting = self._open.get(key, (whole, 1))[1]
        self._open[key] = (whole, waiting - 1 + len(pieces))
        self._narrow += pieces

    def _collect(
        self, whole: CheckTask, task: CheckTask, found: list[Finding]
    ) -> None:
        """Record a chunk once all its pieces are there."""
        key = whole[:2]
        found = self._pieces.pop(key, []) + found
        waiting = self._open.pop(key, (whole, 1))[1] - 1
        if waiting:
            self._open[key] = (whole, waiting)
            self._pieces[key] = found
            return
        self._record.add(whole, sorted(found))
        items = whole.end - whole.begin
        self._bar.add(items, items, self._note())

    def _crash(self, task: CheckTask, problem: str) -> Finding:
        files = self._files[task.dataset]
        part: Part = files.parts(task.begin)[task.part or 0]
        path = ' + '.join(part.paths)
        source = files.source(task.begin)
        reason = f'the decoder crashes: {problem}'
        return Finding(task.begin, path, part.kind, reason, source)

    def _note(self) -> str:
        return f'{self._record.bad} bad'


def num_cpus() -> int:
    """Return the CPUs that this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
