"""Measure where the time of a training goes, in one run.

Input pipeline (per transform), parts of a step, data wait, the bound on
random tensors, memory, and MFU where the device's peak is known. Writes
NAME.json and NAME.png and prints tables. CONFIG may also be a NAME.json of
before, to compare two without running anything.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmssl.commands.common import add_cfg_options, fail
from mmssl.commands.speed_arguments import add_speed, speed_options

if TYPE_CHECKING:
    from mmengine.config import Config

EXAMPLES = """\
examples:
  {prog} mmssl::cmp/cmp_r50_1xb32-20k_videos.py
  {prog} CONFIG --synthetic --batch-size 2     without the data, on a CPU
  {prog} CONFIG --precision bf16 --compare work_dirs/profile/OTHER.json
  {prog} A.json --compare B.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is measured, how much of it, and where it goes."""
    parser.add_argument(
        'config', help='a config, mmssl::cmp/..., or a NAME.json of before'
    )
    parser.add_argument(
        '--synthetic',
        action='store_true',
        help='generate data instead of reading that of the config',
    )
    parser.add_argument('--batch-size', type=int, help="default: the config's")
    parser.add_argument('--workers', type=int, help="default: the config's")
    parser.add_argument(
        '--threads', type=int, default=1, help='of torch on the CPU (1)'
    )
    parser.add_argument('--device', help='default: cuda if there is a GPU')
    parser.add_argument(
        '--iterations',
        type=int,
        default=10,
        help='steps that are measured (%(default)s)',
    )
    parser.add_argument(
        '--warm-up',
        type=int,
        default=3,
        help='steps before them (%(default)s)',
    )
    parser.add_argument(
        '--samples',
        type=int,
        default=100,
        help='of the input pipeline (%(default)s)',
    )
    parser.add_argument(
        '--compare',
        type=Path,
        nargs='+',
        default=[],
        metavar='OTHER.json',
        help='print ratios; the picture then shows all, in percent',
    )
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('work_dirs/profile'),
        help='folder of JSON and PNG (%(default)s)',
    )
    parser.add_argument(
        '--name',
        help="of the files (the config's; none are written for a NAME.json)",
    )
    add_speed(parser)
    add_cfg_options(parser, 'train_dataloader.num_workers=4')


def run(args: argparse.Namespace) -> int:
    """Measure and print; return the exit status."""
    try:
        return _run(args)
    except (OSError, ValueError) as error:
        return fail(error)


def _run(args: argparse.Namespace) -> int:
    from mmssl.engine.profiling.compare import compare
    from mmssl.engine.profiling.report import read_json
    from mmssl.engine.profiling.report_table import report_table

    others = [read_json(path) for path in args.compare]
    if args.config.endswith('.json'):
        report = read_json(Path(args.config))
    else:
        report = _measure(args)
    print(report_table(report))
    for path, other in zip(args.compare, others):
        print(f'\n{path}')
        print(compare(report, other))
    if args.name or not args.config.endswith('.json'):
        name = args.name or Path(args.config).stem
        _write(report, others, args.out, name)
    return 0


def _measure(args: argparse.Namespace) -> dict[str, Any]:
    from mmengine.logging import MMLogger

    from mmssl.apis.motion_propagator import choose_device
    from mmssl.engine.profiling.measure import Settings
    from mmssl.engine.profiling.run import profile

    # Not a line for each weight that is initialised.
    MMLogger.get_instance('mmssl_profile', log_level='WARNING')
    if min(args.iterations, args.samples, args.threads) < 1:
        raise ValueError(
            '--iterations, --samples and --threads must be >= 1, got '
            f'{args.iterations}, {args.samples} and {args.threads}'
        )
    settings = Settings(
        iterations=args.iterations,
        warm_up=max(args.warm_up, 1),
        samples=args.samples,
        device=choose_device(args.device or 'auto'),
    )
    return profile(
        _config(args),
        settings,
        name=Path(args.config).stem,
        synthetic=args.synthetic,
        threads=args.threads,
    )


def _config(args: argparse.Namespace) -> Config:
    """Return the config with the changes of the command line."""
    from mmssl.engine import run_config
    from mmssl.engine.config_options import change_config
    from mmssl.engine.speed_options import set_speed

    cfg = run_config.load_config(args.config)
    change_config(cfg, args.cfg_options)
    run_config.set_amp(cfg, False)
    set_speed(cfg, speed_options(args))
    loader = cfg.train_dataloader
    if args.batch_size is not None:
        loader.batch_size = args.batch_size
        if 'batch_size' in loader.sampler:
            loader.sampler.batch_size = args.batch_size
    if args.workers is not None:
        loader.num_workers = args.workers
    if not loader.num_workers:
        loader.update(persistent_workers=False)
    return cfg


def _write(
    report: dict[str, Any],
    others: list[dict[str, Any]],
    folder: Path,
    name: str,
) -> None:
    """Write JSON and picture, and say where."""
    from PIL import Image

    from mmssl.engine.profiling.figure import draw_bars
    from mmssl.engine.profiling.report import write_json

    path = folder / f'{name}.json'
    write_json(report, path)
    print(f'\nwrote {path}')
    try:
        picture = draw_bars(_titled([report, *others]))
    except ImportError as error:
        print(f'no picture: {error}')
        return
    Image.fromarray(picture).save(folder / f'{name}.png')
    print(f'wrote {folder / name}.png')


def _titled(reports: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return reports by name; a number tells those of one name apart."""
    titled: dict[str, dict[str, Any]] = {}
    for number, report in enumerate(reports, 1):
        name = report['config']['name']
        titled[f'{name} ({number})' if name in titled else name] = report
    return titled
