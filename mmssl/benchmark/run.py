"""Runs what is missing of a benchmark, and puts the results together."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Callable

from mmssl.benchmark.job_process import JobProcess, why_it_ended
from mmssl.benchmark.job_state import (
    DONE,
    FAILED,
    HALF,
    LOG,
    JobState,
    make_ready,
    note_failure,
    read_state,
    set_aside,
)
from mmssl.benchmark.plan import JOBS
from mmssl.benchmark.pool import Slot, run_pool
from mmssl.benchmark.progress import Progress
from mmssl.benchmark.results import Row, read_rows
from mmssl.benchmark.table import as_json, csv_text, markdown_table
from mmssl.checkpoints.atomic import write_text_atomically
from mmssl.downstream.job_spec import JOB, JobSpec
from mmssl.flow.output_lock import OutputLock
from mmssl.utils.host import package_root
from mmssl.utils.whole_file import written_whole
from mmssl.version import __version__

JOB_PROGRAM = (sys.executable, '-m', 'mmssl.downstream.job')
Say = Callable[[str], None]


class ChangedJobError(ValueError):
    """Results of a folder came of other settings than those of now."""


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
        _refuse_mixture(specs, out)
        waiting = _missing(specs, identify, redo, say)
        results = Results(out, titles or {}, say)
        runner = _Runner(waiting, _seconds(out), slots, results, program)
        try:
            run_pool(waiting, slots, runner.start, runner.ended)
        finally:
            results.write(picture=True)
    folders = [Path(spec.work_dir) for spec in specs]
    return read_rows(out, folders)[: len(folders)]


class Results:
    """What a benchmark's folder shows to people and programs.

    Args:
        out: Folder of the benchmark.
        titles: Task -> for people.
        say: Gets a line where no picture can be drawn.
    """

    def __init__(
        self, out: Path, titles: Mapping[str, str], say: Say = print
    ) -> None:
        self.out = out
        self.titles = titles
        self.say = say

    def table(self) -> str:
        """Return the table of all that is in the folder."""
        return markdown_table(read_rows(self.out), self.titles)

    def write(self, picture: bool = True) -> list[Path]:
        """Write ``results.md``, ``.csv``, ``.json`` and ``.png``.

        Args:
            picture: Also draw, which takes a second.

        Returns:
            The files.
        """
        rows = read_rows(self.out)
        about = dict(mmssl=__version__, titles=dict(self.titles))
        content = json.dumps(as_json(rows, about), indent=2)
        texts = {
            'results.md': f'{markdown_table(rows, self.titles)}\n',
            'results.csv': csv_text(rows),
            'results.json': f'{content}\n',
        }
        files = [self.out / name for name in texts]
        for file, text in zip(files, texts.values()):
            write_text_atomically(text, file)
        numbers = any(row.value is not None for row in rows)
        if picture and numbers:
            files += self._draw(rows)
        return files

    def _draw(self, rows: Sequence[Row]) -> list[Path]:
        from PIL import Image

        from mmssl.benchmark.figure import draw_benchmark

        path = self.out / 'results.png'
        try:
            image = draw_benchmark(rows, self.titles)
        except (ImportError, ValueError) as error:
            self.say(f'no picture: {error}')
            return []
        with written_whole(path) as place:
            Image.fromarray(image).save(place)
        return [path]


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


def named(spec: JobSpec) -> str:
    """Return a job's name for people."""
    return f'{spec.task}, {spec.backbone.name}, seed {spec.seed}'


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


def _missing(
    specs: Sequence[JobSpec],
    identify: Callable[[JobSpec], str],
    redo: bool,
    say: Say,
) -> list[JobSpec]:
    """Return the jobs that have no result, and tell about the others."""
    waiting: list[JobSpec] = []
    changed: list[tuple[JobSpec, JobState]] = []
    for spec in specs:
        folder = Path(spec.work_dir)
        state = read_state(folder)
        if state.result is None:
            waiting.append(spec)
            if state.status == HALF:
                say(f'{named(spec)}: was half finished, begins again')
            elif state.status == FAILED:
                say(f'{named(spec)}: failed before, is tried again')
        elif _has_changed(state, spec, identify, say):
            changed.append((spec, state))
            waiting.append(spec)
    if changed and not redo:
        raise ChangedJobError(_changed_text(changed))
    for spec, _ in changed:
        kept = set_aside(Path(spec.work_dir))
        say(f'{named(spec)}: its settings have changed; kept as {kept}')
    if len(waiting) < len(specs):
        say(f'{len(specs) - len(waiting)} of {len(specs)} jobs are done')
    return waiting


def _refuse_mixture(specs: Sequence[JobSpec], out: Path) -> None:
    """Refuse to put results of two settings of a task into one table."""
    mine = {Path(spec.work_dir) for spec in specs}
    now = {s.task: (s.config, s.cfg_options, s.metric) for s in specs}
    for row in read_rows(out):
        state = read_state(Path(row.folder))
        spec, wanted = state.spec, now.get(row.task)
        if Path(row.folder) in mine or state.status != DONE or not spec:
            continue
        before = (spec.config, spec.cfg_options, spec.metric)
        if wanted is not None and before != wanted:
            raise ChangedJobError(
                f'{out} has results of the task {row.task} with (config, '
                f'cfg_options, metric) {before}, first {named(spec)}, and '
                f'now they are {wanted}: choose another --out'
            )


def _has_changed(
    state: JobState,
    spec: JobSpec,
    identify: Callable[[JobSpec], str],
    say: Say,
) -> bool:
    """Whether a result came of other settings than those of now."""
    try:
        now = identify(spec)
    except (OSError, ValueError) as error:
        # e.g. the task's project is not installed here
        say(f'{named(spec)}: result kept, its settings not compared: {error}')
        return False
    return state.result is not None and state.result.identity != now


def _changed_text(changed: Sequence[tuple[JobSpec, JobState]]) -> str:
    """Say which results came of other settings, and what to do."""
    spec, state = changed[0]
    before = state.spec.to_dict() if state.spec else {}
    now = spec.to_dict()
    names = [
        f'{name} was {before[name]!r}, now {now[name]!r}'
        for name in ('config', 'cfg_options', 'metric', 'backbone')
        if name in before and before[name] != now[name]
    ]
    why = '; '.join(names) or (
        'the config, what it inherits, the data or the file of the backbone '
        'is another one'
    )
    return (
        f'{len(changed)} results came of other settings than those of now, '
        f'first {named(spec)} ({spec.work_dir}): {why}. Choose another --out, '
        'or --redo, which keeps the old results beside the new ones'
    )


def _seconds(out: Path) -> dict[str, list[float]]:
    """Return what jobs of earlier calls took, for the time that is left."""
    found: dict[str, list[float]] = {}
    for row in read_rows(out):
        if row.seconds:
            total = sum(row.seconds.values())
            found.setdefault(row.task, []).append(total)
    return found
