"""What the folder of a job says about it."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from mmssl.checkpoints.atomic import write_text_atomically
from mmssl.downstream.job_spec import ERROR, JOB, RESULT, JobResult, JobSpec

LOG = 'log.txt'
OPEN, HALF, DONE, FAILED = 'open', 'half finished', 'done', 'failed'


@dataclass(frozen=True)
class JobState:
    """How far a job is.

    Attributes:
        status: 'open' (nothing there), 'half finished', 'done' or 'failed'.
        result: Of a job that is done.
        error: Of one that has failed, in one line.
        kind: Of the error.
        spec: What the job was asked to do, where that is known.
    """

    status: str
    result: JobResult | None = None
    error: str = ''
    kind: str = ''
    spec: JobSpec | None = None


def read_state(folder: Path) -> JobState:
    """Return the state of a job.

    A result or a description that cannot be read counts as not there: a
    machine that lost power may leave such files.

    Args:
        folder: Of the job.
    """
    spec = _spec(folder)
    try:
        result = JobResult.read(folder / RESULT)
        return JobState(DONE, result=result, spec=spec)
    except (OSError, TypeError, ValueError):
        pass
    try:
        told = json.loads((folder / ERROR).read_text('utf-8'))
        kind, message = str(told['kind']), str(told['message'])
        return JobState(FAILED, error=message, kind=kind, spec=spec)
    except (KeyError, OSError, TypeError, ValueError):
        pass
    begun = folder.is_dir() and any(folder.iterdir())
    return JobState(HALF if begun else OPEN, spec=spec)


def make_ready(folder: Path, spec: JobSpec) -> None:
    """Clear what an attempt without a result has left, and write the spec.

    The log is kept: the new attempt is appended to it.

    Args:
        folder: Of the job.
        spec: What it is to do now.

    Raises:
        ValueError: There is a result.
    """
    if read_state(folder).status == DONE:
        raise ValueError(f'{folder} holds a result; it is not thrown away')
    if folder.is_dir():
        for path in folder.iterdir():
            if path.name == LOG:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    spec.write()


def set_aside(folder: Path) -> Path:
    """Rename the folder of a job, result and all; return its new path."""
    number = 1
    while folder.with_name(f'{folder.name}.old-{number}').exists():
        number += 1
    return folder.rename(folder.with_name(f'{folder.name}.old-{number}'))


def named(spec: JobSpec) -> str:
    """Return a job's name for people.

    Args:
        spec: Of the job.
    """
    return f'{spec.task}, {spec.backbone.name}, seed {spec.seed}'


def note_failure(folder: Path, kind: str, message: str) -> None:
    """Write ``error.json``, where the job could not do it itself."""
    text = json.dumps(dict(kind=kind, message=message), indent=2)
    write_text_atomically(text, folder / ERROR)


def _spec(folder: Path) -> JobSpec | None:
    try:
        return JobSpec.read(folder / JOB)
    except (OSError, TypeError, ValueError):
        return None
