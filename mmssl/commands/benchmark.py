"""Judge backbones by what they do downstream: tasks, seeds, one table.

Each CHECKPOINT's backbone is exported, put into the config of each task, and
trained and tested by mmdet, mmseg, mmpose or mmpretrain, once for each seed.
A table gives mean and deviation, beside random weights of the same
architecture; CSV, JSON and a bar plot are written to --out.

CHECKPOINT: one of mmssl (CONFIG before it where the file does not say its
architecture), an export, the folder of a run, a published or torchvision,
timm or mm* file, or the word random. The same command again goes on: results
are kept, what is missing or failed is run. Without CHECKPOINT, the table of
--out is printed.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mmssl.commands.benchmark_arguments import (
    DEFAULT,
    QUEUED,
    add_arguments,
)
from mmssl.commands.common import fail

if TYPE_CHECKING:
    from mmssl.benchmark.plan import Task
    from mmssl.benchmark.pool import Slot
    from mmssl.benchmark.results import Row
    from mmssl.benchmark.store import Stored
    from mmssl.downstream.job_spec import JobSpec

EXAMPLES = """\
examples:
  {prog} work_dirs/cmp/iter_20000.pth random --seeds 3
  {prog} cmp=CMP.pth scrl=SCRL.pth --random --tasks parsing detection pose
  {prog} SOLIDER.pth --semantic-weight 0.8 --tasks parsing --gpus 4
  {prog} A.pth --config mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py
  {prog} A.pth --random --slurm PARTITION --out work_dirs/benchmark/a
  {prog} --out work_dirs/benchmark/a        table and plot of what is there
"""

__all__ = ['EXAMPLES', 'add_arguments', 'run']


def run(args: argparse.Namespace) -> int:
    """Run what is missing, write and print the results."""
    from mmssl.benchmark.pool import Stopped
    from mmssl.checkpoints.pickle_globals import CheckpointError

    try:
        if args.list:
            return _list(args)
        if not args.backbones and not args.random:
            return _results(args)
        return _run(args)
    except Stopped as stop:
        fail(f'{stop}; what is done is kept, the same command goes on')
        return 128 + stop.number
    except (CheckpointError, ImportError, OSError, ValueError) as error:
        return fail(error)


def _run(args: argparse.Namespace) -> int:
    from mmssl.benchmark.plan import make_specs, read_seeds
    from mmssl.benchmark.run import run_benchmark
    from mmssl.downstream.identity import job_identity

    tasks, seeds = _tasks(args), read_seeds(args.seeds)
    slots, device = _slots(args)
    specs = [
        spec
        for weight in dict.fromkeys(task.semantic_weight for task in tasks)
        for spec in make_specs(
            args.out,
            [task for task in tasks if task.semantic_weight == weight],
            _backbones(args, weight),
            seeds,
            device=device,
            keep_checkpoints=args.keep_checkpoints,
        )
    ]
    specs.sort(key=lambda spec: seeds.index(spec.seed))
    if args.dry_run:
        return _show(specs)
    rows = run_benchmark(
        specs,
        args.out,
        slots,
        identify=job_identity,
        titles=_titles(args),
        redo=args.redo,
        say=_say,
    )
    return _failed(rows) | _results(args)


def _tasks(args: argparse.Namespace) -> list[Task]:
    """Return the named tasks and the other configs."""
    from mmssl.benchmark.plan import Task
    from mmssl.downstream.tasks import find_task

    options = dict(args.cfg_options or {})
    if args.metric and not args.config:
        raise ValueError('--metric is for --config; named tasks have theirs')
    names = args.tasks or ([] if args.config else DEFAULT)
    tasks = []
    for name in names:
        found = find_task(name, args.world)
        tasks.append(
            Task(
                *(name, found.config, found.title, found.metric, options),
                semantic_weight=found.semantic_weight,
            )
        )
    for config in args.config:
        stem = Path(config.rpartition('::')[2]).stem
        tasks.append(Task(stem, config, stem, args.metric, options))
    return tasks


def _backbones(
    args: argparse.Namespace, task_lambda: float | None
) -> list[Stored]:
    """Export what is given; put random weights beside it."""
    from mmssl.benchmark.plan import with_random_twins
    from mmssl.benchmark.store import ExportStore, Stored
    from mmssl.benchmark.wishes import RANDOM, read_wishes

    wishes = read_wishes(args.backbones)
    store = ExportStore(
        args.out / 'exports',
        part=args.part,
        semantic_weight=args.semantic_weight,
        arch=args.arch,
        say=_say,
    )
    found = [store.get(w, task_lambda) for w in wishes if w.checkpoint]
    wants_random = args.random or len(found) < len(wishes)
    if not found:
        return [Stored(RANDOM)]  # of the tasks' own architecture
    return with_random_twins(found) if wants_random else found


def _slots(args: argparse.Namespace) -> tuple[list[Slot], str]:
    """Return where jobs run, and their device."""
    import os
    import shlex

    import torch

    from mmssl.benchmark import slots

    if args.slurm:
        found = slots.slurm_slots(
            args.slurm,
            args.jobs or QUEUED,
            gpus=args.gpus_per_job,
            cpus=args.cpus_per_job,
            more=shlex.split(os.environ.get('SRUN_ARGS', '')),
        )
        return found, 'cuda' if args.gpus_per_job else 'cpu'
    if args.gpus is not None and args.jobs is not None:
        raise ValueError('give --gpus or --jobs, not both')
    present = torch.cuda.device_count()
    if args.gpus is None and (args.jobs is not None or not present):
        cores = slots.available_cores()
        return slots.cpu_slots(args.jobs, os.environ, cores), 'cpu'
    return slots.gpu_slots(args.gpus, os.environ, present), 'cuda'


def _titles(args: argparse.Namespace) -> dict[str, str]:
    """Return task -> title, of all that the folder may hold."""
    from mmssl.downstream.tasks import find_tasks

    return {n: task.title for n, task in find_tasks(args.world).items()}


def _show(specs: list[JobSpec]) -> int:
    """Print the jobs and how far they are."""
    from mmssl.benchmark.job_state import named, read_state

    for spec in specs:
        print(f'{named(spec)}: {read_state(Path(spec.work_dir)).status}')
    return 0


def _list(args: argparse.Namespace) -> int:
    """Print the named tasks of a world."""
    from mmssl.downstream.tasks import find_tasks

    for name, task in find_tasks(args.world).items():
        print(f'{name:20} {task.title} ({task.config})')
    return 0


def _results(args: argparse.Namespace) -> int:
    """Write and print what a folder holds."""
    from mmssl.benchmark.result_files import Results

    if not (args.out / 'jobs').is_dir():
        raise ValueError(
            f'{args.out} holds no results yet: give a CHECKPOINT, or random'
        )
    results = Results(args.out, _titles(args), _say)
    files = results.write()
    print(f'\n{results.table()}\n')
    print(f'wrote {", ".join(str(file) for file in files)}')
    return 0


def _failed(rows: list[Row]) -> int:
    """Name the jobs that have failed; return the exit status."""
    from mmssl.benchmark.job_state import DONE

    failed = [row for row in rows if row.status != DONE]
    if not failed:
        return 0
    names = '; '.join(f'{r.task}, {r.backbone}, seed {r.seed}' for r in failed)
    return fail(
        f'{len(failed)} of {len(rows)} jobs failed: {names}; why stands below '
        'the table and in their logs; the same command tries them again'
    )


def _say(text: str) -> None:
    """Print at once, also into a file."""
    print(text, flush=True)
