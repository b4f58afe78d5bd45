"""Worker processes that survive the crash of one of them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing import connection
from typing import Any, NamedTuple

import cv2

from mmssl.flow.worker_process import MakeHandler, attempt, work


class Reply(NamedTuple):
    """What became of a task.

    Attributes:
        worker: Number of the worker, which is idle now.
        kind: 'done'; 'failed' by an exception; 'died' with its process.
        value: The result, or the error in words.
        fatal: Whether the failure is one of the machine (a full disk), not
            of the task.
    """

    worker: int
    kind: str
    value: Any
    fatal: bool = False


class InlinePool:
    """One worker in this process; the interface of :class:`WorkerPool`.

    Args:
        make_handler: Makes the callable that does tasks.
    """

    workers = (0,)

    def __init__(self, make_handler: MakeHandler) -> None:
        self._handler = make_handler()
        self._replies: list[Reply] = []

    def __enter__(self) -> InlinePool:
        self._threads = cv2.getNumThreads()
        cv2.setNumThreads(1)
        return self

    def __exit__(self, *error: object) -> None:
        cv2.setNumThreads(self._threads)

    def send(self, worker: int, task: Any) -> None:
        """Do a task."""
        self._replies.append(Reply(worker, *attempt(self._handler, task)))

    def wait(self) -> list[Reply]:
        """Return the replies since the last call."""
        replies, self._replies = self._replies, []
        return replies


class WorkerPool:
    """Processes that do one task at a time, with one thread each.

    A process that dies (a decoder that crashes on a damaged file) is
    reported and replaced. Workers ignore Ctrl-C, which is the parent's to
    handle, and end by themselves when the parent is gone.

    Args:
        make_handler: Makes, in each process, the callable that does tasks;
            must be picklable.
        num_workers: Number of processes.
        spawn: Start processes from scratch instead of forking; needed where
            this process uses threads or CUDA.
        time_limit_s: A task that takes longer ends with its process.
    """

    def __init__(
        self,
        make_handler: MakeHandler,
        num_workers: int,
        spawn: bool = False,
        time_limit_s: float | None = None,
    ) -> None:
        self.workers = tuple(range(num_workers))
        self._make_handler = make_handler
        method = 'spawn' if spawn else _start_method()
        self._context: Any = multiprocessing.get_context(method)
        self._processes: dict[int, Any] = {}
        self._pipes: dict[int, connection.Connection] = {}
        self._limit = time_limit_s
        self._begun: dict[int, float] = {}  # of tasks under way
        self._late: set[int] = set()

    def __enter__(self) -> WorkerPool:
        try:
            for worker in self.workers:
                self._start(worker)
            for worker in self.workers:
                self._await_start(worker)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.join()

    def send(self, worker: int, task: Any) -> None:
        """Give a task to an idle worker."""
        # A worker that died while idle shows up in wait().
        with contextlib.suppress(BrokenPipeError):
            self._pipes[worker].send(task)
        self._begun[worker] = time.monotonic()

    def wait(self) -> list[Reply]:
        """Wait until workers have replied, or one has taken too long."""
        pipes = list(self._pipes.values())
        ready = set(connection.wait(pipes, self._seconds_left()))
        workers = [w for w, pipe in self._pipes.items() if pipe in ready]
        replies = [self._receive(worker) for worker in workers]
        self._end_late()
        return replies

    def _seconds_left(self) -> float | None:
        """Return how long the oldest task may still take."""
        if self._limit is None or not self._begun:
            return None
        oldest = min(self._begun.values())
        return max(0.0, oldest + self._limit - time.monotonic())

    def _end_late(self) -> None:
        """End processes whose task takes too long; wait() then sees it."""
        if self._limit is None:
            return
        now = time.monotonic()
        for worker, begun in list(self._begun.items()):
            if now - begun >= self._limit:
                self._late.add(worker)
                del self._begun[worker]
                self._processes[worker].kill()

    def _receive(self, worker: int) -> Reply:
        self._begun.pop(worker, None)
        try:
            return Reply(worker, *self._pipes[worker].recv())
        except (EOFError, ConnectionResetError):
            process = self._processes[worker]
            process.join()
            code = process.exitcode
            self._start(worker)
            self._await_start(worker)
            problem = f'its process ended with {code}'
            if worker in self._late:
                self._late.remove(worker)
                problem = f'not done after {self._limit:g} s'
            return Reply(worker, 'died', problem)

    def _start(self, worker: int) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=work,
            args=(theirs, self._make_handler, os.getpid()),
            daemon=True,
        )
        with _ignored_interrupts(), _no_opencv_threads():
            process.start()
        theirs.close()
        self._processes[worker] = process
        self._pipes[worker] = ours

    def _await_start(self, worker: int) -> None:
        """Wait until a worker is ready; its first message says so."""
        try:
            problem = self._pipes[worker].recv()
        except (EOFError, ConnectionResetError):
            problem = 'it ended before it was ready'
        if problem:
            raise OSError(f'a worker process cannot start: {problem}')


def _start_method() -> str:
    """Fork where that is safe: it starts in no time and is what Linux has."""
    alone = threading.active_count() == 1
    return 'fork' if sys.platform == 'linux' and alone else 'spawn'


@contextlib.contextmanager
def _no_opencv_threads() -> Iterator[None]:
    """End OpenCV's threads while a process is forked; they come back.

    The child has none of them, but waits for them when it sets their number.
    """
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)


@contextlib.contextmanager
def _ignored_interrupts() -> Iterator[None]:
    """Let a new process inherit that Ctrl-C is not for it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
