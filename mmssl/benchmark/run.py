"""Runs what is missing of a benchmark, and puts the results together."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Callable

from mmssl.benchmark.job_process import JobProcess, why_it_ended
from mmssl.benchmark.job_state import (
    DONE,
    FAILED,
    LOG,
    JobState,
    make_ready,
    named,
    note_failure,
    read_state,
)
from mmssl.benchmark.missing_jobs import missing_jobs, refuse_mixture
from mmssl.benchmark.plan import JOBS
from mmssl.benchmark.pool import Slot, run_pool
from mmssl.benchmark.progress import Progress
from mmssl.benchmark.result_files import Results, Say
from mmssl.benchmark.results import Row, read_rows
from mmssl.downstream.job_spec import JOB, JobSpec
from mmssl.flow.output_lock import OutputLock
from mmssl.utils.host import package_root

JOB_PROGRAM = (sys.executable, '-m', 'mmssl.downstream.job')


def run_benchmark(
    specs: Sequence[JobSpec],
    out: Path,
    slots: Sequence[Slot],
    *,
    identify: Callable[[JobSpec], str],
    titles: Mapping[str, str] | None = None,
    redo: bool = False,
    say: Say = print,
    program: Sequence[str] = JOB_PROGRAM,
) -> list[Row]:
    """Run all jobs that have no result yet.

    Results are never computed again and never written over. Jobs that were
    half finished or have failed begin again. Table, CSV, JSON and picture
    are up to date after each job.

    Args:
        specs: The jobs; their folders are below ``out``.
        out: Folder of the benchmark.
        slots: Where jobs run.
        identify: Hash of all that decides a job's result.
        titles: Task -> for people.
        redo: Set results of other settings aside (``seed_0.old-1``) and
            compute these jobs anew, instead of refusing.
        say: Gets lines that tell how it goes.
        program: What runs a job; the path of its ``job.json`` is added.

    Returns:
        The rows of these jobs.

    Raises:
        ChangedJobError: There are results of other settings.
        OSError: Another benchmark is at work in the folder, or it cannot be
            written.
        Stopped: A signal asked for the end.
    """
    with OutputLock(str(out), 0, (JOBS,), what='benchmark'):
        refuse_mixture(specs, out, identify, say)
        waiting = missing_jobs(specs, identify, redo, say)
        results = Results(out, titles or {}, say)
        runner = _Runner(waiting, _seconds(out), slots, results, program)
        try:
            run_pool(waiting, slots, runner.start, runner.ended)
        finally:
            results.write(picture=True)
    folders = [Path(spec.work_dir) for spec in specs]
    return read_rows(out, folders)[: len(folders)]


class _Runner:
    """Starts jobs, and tells and notes what came of them."""

    def __init__(
        self,
        specs: Sequence[JobSpec],
        known: Mapping[str, Sequence[float]],
        slots: Sequence[Slot],
        results: Results,
        program: Sequence[str],
    ) -> None:
        tasks = [spec.task for spec in specs]
        self._progress = Progress(tasks, len(slots), known)
        self._results = results
        self._program = tuple(program)

    def start(self, spec: JobSpec, slot: Slot) -> JobProcess:
        """Start a job."""
        folder = Path(spec.work_dir)
        make_ready(folder, spec)
        self._results.say(f'{named(spec)}: starts on {slot.name}')
        paths = (str(package_root().parent), os.environ.get('PYTHONPATH'))
        path = os.pathsep.join(p for p in paths if p)
        return JobProcess(
            [*slot.prefix, *self._program, str(folder / JOB)],
            folder / LOG,
            {**slot.environment, 'PYTHONPATH': path},
        )

    def ended(self, spec: JobSpec, status: int, seconds: float) -> None:
        """Say what came of a job, and bring the results up to date."""
        folder = Path(spec.work_dir)
        state = read_state(folder)
        if state.status not in (DONE, FAILED):
            note_failure(folder, 'crash', why_it_ended(status, folder / LOG))
            state = read_state(folder)
        good = state.status == DONE
        place = self._progress.ended(spec.task, seconds, good)
        count, _, rest = place.partition('] ')
        told = told_state(state, folder)
        more = f' ({rest})' if rest else ''
        self._results.say(f'{count}] {named(spec)}: {told}{more}')
        if good and state.result and state.result.load.get('text'):
            self._results.say(f'    {state.result.load["text"]}')
        self._results.write(picture=False)


def told_state(state: JobState, folder: Path) -> str:
    """Return what came of a job in a line."""
    if state.result is None:
        return f'FAILED ({state.kind}): {state.error}; log: {folder / LOG}'
    result = state.result
    value = 'no number' if result.value is None else f'{result.value:.4g}'
    parts = ', '.join(
        f'{name} {seconds:.0f} s' for name, seconds in result.seconds.items()
    )
    return f'{result.metric} {value}; {parts}'


def _seconds(out: Path) -> dict[str, list[float]]:
    """Return what jobs of earlier calls took, for the time that is left."""
    found: dict[str, list[float]] = {}
    for row in read_rows(out):
        if row.seconds:
            total = sum(row.seconds.values())
            found.setdefault(row.task, []).append(total)
    return found
