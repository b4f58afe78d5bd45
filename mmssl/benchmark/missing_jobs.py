"""Which jobs have no result yet, and which have one of other settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Callable

from mmssl.benchmark.job_state import (
    DONE,
    FAILED,
    HALF,
    JobState,
    named,
    read_state,
    set_aside,
)
from mmssl.benchmark.result_files import Say
from mmssl.benchmark.results import read_rows
from mmssl.downstream.job_spec import JobSpec

_AGAIN = {
    HALF: 'was half finished, begins again',
    FAILED: 'failed before, is tried again',
}


class ChangedJobError(ValueError):
    """Results of a folder came of other settings than those of now."""


def missing_jobs(
    specs: Sequence[JobSpec],
    identify: Callable[[JobSpec], str],
    redo: bool,
    say: Say,
) -> list[JobSpec]:
    """Return the jobs that have no result, and tell about the others.

    Args:
        specs: All jobs that are asked for.
        identify: Hash of all that decides a job's result.
        redo: Set results of other settings aside, instead of refusing.
        say: Gets lines that tell what is found.

    Raises:
        ChangedJobError: There are results of other settings.
    """
    waiting: list[JobSpec] = []
    changed: list[tuple[JobSpec, JobState]] = []
    counted: list[JobSpec] = []
    for spec in specs:
        folder = Path(spec.work_dir)
        state = read_state(folder)
        if state.result is None:
            waiting.append(spec)
            if state.status in _AGAIN:
                say(f'{named(spec)}: {_AGAIN[state.status]}')
        elif _has_changed(state, spec, identify, say):
            changed.append((spec, state))
            waiting.append(spec)
        elif state.spec is not None and state.spec.metric != spec.metric:
            say(f'{named(spec)}: {spec.metric} counts now')
            counted.append(spec)
    if changed and not redo:
        raise ChangedJobError(_changed_text(changed))
    for spec in counted:
        spec.write()  # all numbers are there; the table takes this one
    for spec, _ in changed:
        kept = set_aside(Path(spec.work_dir))
        say(f'{named(spec)}: its settings have changed; kept as {kept}')
    if len(waiting) < len(specs):
        say(f'{len(specs) - len(waiting)} of {len(specs)} jobs are done')
    return waiting


def refuse_mixture(
    specs: Sequence[JobSpec],
    out: Path,
    identify: Callable[[JobSpec], str],
    say: Say,
) -> None:
    """Refuse to put results of two settings of a task into one table.

    Args:
        specs: All jobs that are asked for.
        out: Folder of the benchmark, perhaps with results of other backbones
            and seeds.
        identify: Hash of all that decides a job's result.
        say: Gets a line for each result that cannot be compared.

    Raises:
        ChangedJobError: A task had another config, options or metric; or what
            these inherit, the data or the backbone of a name is another.
    """
    mine = {Path(spec.work_dir) for spec in specs}
    now = {s.task: (s.config, s.cfg_options, s.metric) for s in specs}
    backbones = {(s.task, s.backbone.name): s.backbone for s in specs}
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
        asked = backbones.get((row.task, row.backbone), spec.backbone)
        again = replace(spec, backbone=asked)
        if wanted is not None and _has_changed(state, again, identify, say):
            raise ChangedJobError(
                f'{out} has a result of {named(spec)}, which is not asked for '
                'now, of another config, other data or another backbone than '
                'there are now: it would stand beside the new ones. Choose '
                'another --out, or ask for it, too, with --redo'
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
    if state.result is None:
        return False
    # which of the numbers counted is known only where it is said
    unnamed = spec.metric is None and (state.spec or spec).metric is not None
    return unnamed or state.result.identity != now


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
