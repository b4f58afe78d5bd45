"""One task, one backbone, one seed, in a process of its own.

``python -m mmssl.downstream.job DIR/job.json`` writes ``DIR/result.json``,
or ``DIR/error.json``.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from mmengine.dist import is_main_process

from mmssl.checkpoints.atomic import write_text_atomically
from mmssl.checkpoints.safe_load import install_safe_loader
from mmssl.downstream.errors import HandOffError
from mmssl.downstream.exported import read_exported
from mmssl.downstream.host_run import train_and_test
from mmssl.downstream.hosts import host_of, open_host, read_config
from mmssl.downstream.identity import job_identity
from mmssl.downstream.job_config import hide_gpus, prepare
from mmssl.downstream.job_spec import ERROR, RESULT, JobResult, JobSpec
from mmssl.downstream.metrics import pick_metric
from mmssl.downstream.probe_run import is_probe, probe_task
from mmssl.downstream.put_in import put_in
from mmssl.downstream.unfinished import begun, note_start, remove_checkpoints
from mmssl.version import __version__

_PACKAGES = (
    'mmcv',
    'mmcv-lite',
    'mmdet',
    'mmengine',
    'mmpose',
    'mmpretrain',
    'mmsegmentation',
    'numpy',
    'torch',
)


def run_job(spec: JobSpec) -> JobResult:
    """Train and judge one backbone on one task.

    Args:
        spec: What is asked for.

    Returns:
        What came of it; nothing is written but what the host writes.

    Raises:
        HandOffError: It cannot be done; its ``kind`` and its message say
            why, and that is known before any training, as far as it can be.
    """
    begin = time.perf_counter()
    hide_gpus(spec.device)
    install_safe_loader()
    config = read_config(spec.config, spec.cfg_options)
    exported = read_exported(spec.backbone)
    identity = job_identity(spec)
    about = f'{spec.task} and {exported.name}'
    if is_probe(config):
        metrics, load, seconds = probe_task(config, exported, spec)
        notes: list[str] = []
    else:
        scope = host_of(config, spec.config)
        open_host(scope, f'the task {spec.task}')
        notes = put_in(config, exported, scope)
        prepare(config, spec)
        saved = begun(spec.work_dir, identity)
        if saved is not None:
            config.resume, config.load_from = True, str(saved)
            notes.append('went on from the last checkpoint of a stopped run')
        note_start(spec.work_dir, identity)
        for note in notes:
            print(note, flush=True)
        metrics, load, seconds = train_and_test(config, exported, scope, about)
    seconds['start'] = (
        time.perf_counter() - begin - seconds['train'] - seconds['test']
    )
    benchmark = config.get('benchmark') or {}
    wanted = spec.metric or benchmark.get('metric')
    try:
        metric, value = pick_metric(metrics, wanted)
    except ValueError as error:  # the numbers are not lost for it
        metric, value = str(wanted), None
        notes.append(f'WARNING: {error}')
    return JobResult(
        task=spec.task,
        backbone=spec.backbone.name,
        seed=spec.seed,
        metric=metric,
        value=value,
        metrics=metrics,
        load=load,
        seconds={name: round(value, 2) for name, value in seconds.items()},
        versions=_versions(),
        identity=identity,
        notes=tuple(notes),
    )


def main(arguments: Sequence[str]) -> int:
    """Run the job of a file; return the exit status.

    Args:
        arguments: The path of a ``job.json``.
    """
    if len(arguments) != 1:
        print('usage: python -m mmssl.downstream.job DIR/job.json')
        return 2
    folder = Path(arguments[0]).parent
    try:
        spec = JobSpec.read(arguments[0])
        folder = Path(spec.work_dir)
        result = run_job(spec)
    except HandOffError as error:
        return _fail(folder, error.kind, str(error), error)
    except (OSError, ValueError) as error:
        return _fail(folder, 'config', str(error), error)
    if is_main_process():
        result.write(folder)
        (folder / ERROR).unlink(missing_ok=True)
        if not spec.keep_checkpoints:
            remove_checkpoints(folder)
        print(f'{result.metric} {result.value} -> {folder / RESULT}')
    return 0


def _fail(folder: Path, kind: str, message: str, error: Exception) -> int:
    """Write ``error.json``, and say the same."""
    if kind in ('training', 'test'):
        traceback.print_exception(type(error), error, error.__traceback__)
    print(f'error: {message}', file=sys.stderr, flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(dict(kind=kind, message=message), indent=2)
    write_text_atomically(text + '\n', folder / ERROR)
    return 1


def _versions() -> dict[str, str]:
    """Return the versions of the packages that are installed."""
    found = {'mmssl': __version__}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
