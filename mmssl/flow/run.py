"""Tasks to a pool of workers; and the first of the two rounds, probing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, TextIO, TypeVar, Union

from mmssl.flow.handler import PairTask, ProbeTask
from mmssl.flow.probing import Probe
from mmssl.flow.progress import ProgressBar
from mmssl.flow.report import Skipped
from mmssl.flow.workers import InlinePool, Reply, WorkerPool
from mmssl.io.video_sources import VideoSource

Pool = Union[InlinePool, WorkerPool]
T = TypeVar('T')


def run_tasks(
    pool: Pool,
    next_task: Callable[[int], T | None],
    handle: Callable[[T, Reply], None],
) -> None:
    """Keep all workers busy until there is no task and no reply to wait for.

    Args:
        pool: Workers.
        next_task: Gives a worker's next task; None if it has nothing to do.
        handle: Takes each task with its reply.
    """
    busy: dict[int, T] = {}
    while True:
        for worker in pool.workers:
            if worker in busy:
                continue
            task = next_task(worker)
            if task is not None:
                busy[worker] = task
                pool.send(worker, task)
        if not busy:
            return
        for reply in pool.wait():
            task = busy.pop(reply.worker, None)
            if task is not None:
                handle(task, reply)


def failure(task: ProbeTask | PairTask, reply: Reply) -> Skipped | None:
    """Say that a video must be skipped because a task of it failed.

    Args:
        task: The task.
        reply: What became of it.

    Returns:
        None if it succeeded.

    Raises:
        OSError: The failure is one of the machine (output cannot be
            written), which every other video would meet, too.
    """
    if reply.kind == 'done':
        return None
    if reply.fatal:
        raise OSError(f'{task.source.relative}: {reply.value}')
    reason = 'crashed' if reply.kind == 'died' else 'failed'
    return Skipped(task.source.relative, reason, reply.value)


def probe_sources(
    pool: Pool, sources: Sequence[VideoSource], stream: TextIO | None
) -> tuple[dict[int, Probe], list[Skipped]]:
    """Look at all videos.

    Args:
        pool: Workers.
        sources: Videos.
        stream: Where progress is shown; None for silence.

    Returns:
        What was found, by position in ``sources``, of the usable videos;
        and the others.
    """
    total = len(sources)
    bar = ProgressBar(total, total, 'videos looked at', stream)
    tasks = iter([ProbeTask(i, s) for i, s in enumerate(sources)])
    probes: dict[int, Probe] = {}
    skipped: list[Skipped] = []

    def handle(task: ProbeTask, reply: Reply) -> None:
        bar.add(1, 1)
        failed = failure(task, reply)
        if failed is not None:
            skipped.append(failed)
        elif reply.value.reason:
            probe = reply.value
            relative = task.source.relative
            skipped.append(Skipped(relative, probe.reason, probe.detail))
        else:
            probes[task.video] = reply.value

    run_tasks(pool, lambda worker: next(tasks, None), handle)
    bar.close()
    return probes, skipped
