"""Run a set of values of any config key; table and plots of the results.

Without --run, every value trains CONFIG, or, with a CHECKPOINT, tests CONFIG
on it. With --run, every value runs these commands of mmssl one after the
other; {key}, {value}, {run} (the run's folder), {config}, {checkpoint} (that
of the sweep, or the newest that the run has written) and {seed} are filled
in. Results are read from what the commands write: the last validation of a
training, the JSON files of test and probe, any other JSON file in {run}.

The same command again goes on: what is done is kept, what failed is tried
again, and there may be more values.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mmssl.commands.common import fail

if TYPE_CHECKING:
    from mmssl.apis.sweep_plan import SweepPlan
    from mmssl.evaluation.sweep_table import SweepRow

EXAMPLES = """\
examples:
  {prog} CONFIG CHECKPOINT --key model.backbone.semantic_weight \\
      --values 0:1:0.2
  {prog} CONFIG --key model.part_labels.num_parts --values 1 2 3 4 \\
      --run 'train {config} --cfg-options {key}={value}
             model.semantic_head.num_classes={value+1}' \\
      --run 'probe knn {checkpoint} --data photos --fast'
  {prog} CONFIG --key model.head.student_temp --values 0.1 0.2 --seeds 0 1
  {prog} --out work_dirs/sweeps/a --beside work_dirs/sweeps/b   plots only
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is run, over which values, and where the results go."""
    parser.add_argument('config', nargs='?', help='of the runs')
    parser.add_argument('checkpoint', nargs='?', help='that is judged')
    parser.add_argument('--key', help='of the config, with dots')
    parser.add_argument(
        '--values',
        nargs='+',
        metavar='V',
        help='of the key; FIRST:LAST:STEP stands for all of a range',
    )
    parser.add_argument(
        '--run',
        action='append',
        default=[],
        metavar='COMMAND',
        help='a command of mmssl as one text; several are run in order',
    )
    parser.add_argument(
        '--seeds',
        type=int,
        nargs='+',
        default=[],
        metavar='S',
        help='run every value with each; tables give mean and deviation',
    )
    parser.add_argument(
        '--out',
        type=Path,
        help='folder of runs and results (work_dirs/sweeps/CONFIG_KEY)',
    )
    parser.add_argument(
        '--retries',
        type=int,
        default=1,
        help='how often failed runs are tried again, after the others '
        '(%(default)s)',
    )
    _add_results(parser)


def _add_results(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('table and plots')
    group.add_argument(
        '--metrics',
        nargs='+',
        metavar='PATTERN',
        help="which to show, e.g. '*mIoU' (all; the CSV file has all)",
    )
    group.add_argument(
        '--style',
        choices=('auto', 'bars', 'lines'),
        default='auto',
        help='lines over a number such as lambda, bars for choices such as '
        'a number of parts (%(default)s)',
    )
    group.add_argument('--title', default='', help='line above the plots')
    group.add_argument('--name', help='of this sweep in plots with others')
    group.add_argument(
        '--beside',
        type=Path,
        nargs='+',
        default=[],
        metavar='FOLDER',
        help='other sweeps of the key, drawn in the same plots',
    )
    group.add_argument(
        '--dry-run',
        action='store_true',
        help='only print the commands of every run',
    )


def run(args: argparse.Namespace) -> int:
    """Run what is missing, write and print the results."""
    from mmssl.apis.sweep import run_sweep
    from mmssl.engine.run_config import LaunchError

    try:
        if args.key is None and args.values is None and args.out is not None:
            return _results(args, args.out)  # plots only
        plan, out = _plan(args)
        if args.dry_run:
            return _show(plan, out)
        # a child is told to end, and waited for
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        rows = run_sweep(plan, out, retries=args.retries, say=_say)
        status = _results(args, out)
    except KeyboardInterrupt:
        return fail('stopped; the same command goes on')
    except (LaunchError, OSError, ValueError) as error:
        return fail(error)
    return _failed(rows) or status


def _plan(args: argparse.Namespace) -> tuple[SweepPlan, Path]:
    """Return what is to be run, and the folder."""
    from mmssl.apis.sweep_key import SweepError, check_key
    from mmssl.apis.sweep_plan import make_plan
    from mmssl.engine.run_config import load_config

    if args.key is None or args.values is None:
        raise SweepError('--key and --values are needed (or --out alone)')
    if args.retries < 0:
        raise SweepError(f'--retries must be >= 0, got {args.retries}')
    plan = make_plan(
        args.key,
        args.values,
        args.run,
        config=args.config,
        checkpoint=args.checkpoint,
        seeds=args.seeds,
    )
    words = [word for step in plan.steps for word in step]
    if plan.config and any('{config}' in word for word in words):
        cfg = load_config(plan.config).to_dict()
        if any('{key}=' in word for word in words):
            note = check_key(cfg, plan.key)
            if note:
                _say(f'note: {note}')
    stem = Path(args.config).stem if args.config else plan.steps[0][0]
    name = f'{stem}_{args.key.split(".")[-1]}'
    return plan, args.out or Path('work_dirs/sweeps') / name


def _show(plan: SweepPlan, out: Path) -> int:
    """Print the commands of every run."""
    import shlex

    from mmssl.apis.sweep_run import SweepRun

    for value, seed in plan.runs():
        found = SweepRun(plan, value, seed, out)
        print(f'{found.folder.name}: {found.row().status}')
        for words in found.commands():
            print(f'    mmssl {shlex.join(words)}')
    return 0


def _results(args: argparse.Namespace, out: Path) -> int:
    """Write and print the results of a folder, beside others."""
    from mmssl.apis.sweep import (
        draw_results,
        read_plan,
        rows_of,
        write_tables,
    )
    from mmssl.evaluation.sweep_table import markdown_table

    key, rows = read_plan(out).key, rows_of(out)
    write_tables(key, rows, out)
    print(f'\n{markdown_table(key, rows, args.metrics)}\n')
    print(f'wrote {out / "results.csv"} and {out / "results.md"}')
    sweeps: dict[str, list[SweepRow]] = {args.name or out.name: rows}
    for folder in args.beside:
        if folder.name in sweeps:
            return fail(f'two sweeps are called {folder.name}: use --name')
        sweeps[folder.name] = rows_of(folder)
    try:
        files = draw_results(
            key,
            sweeps,
            out,
            metrics=args.metrics,
            style=args.style,
            title=args.title,
        )
    except ImportError as error:
        print(f'no picture: {error}')
        return 0
    if files:
        more = f' and {out / "plots"}' if len(files) > 1 else ''
        print(f'wrote {files[0]}{more}')
    return 0


def _failed(rows: list[SweepRow]) -> int:
    """Name the runs that have failed; return the exit status."""
    failed = [row for row in rows if row.status != 'done']
    if not failed:
        return 0
    names = ', '.join(Path(row.folder).name for row in failed)
    return fail(
        f'{len(failed)} of {len(rows)} runs failed: {names}; why stands in '
        'results.md and in the logs of their folders; the same command tries '
        'them again'
    )


def _say(text: str) -> None:
    """Print at once, also into a file."""
    print(text, flush=True)
