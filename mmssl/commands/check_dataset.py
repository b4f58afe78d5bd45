"""Find the bad files of a config's data, or of a folder of images.

Every image and flow file is read as training reads it, videos are decoded to
their end, in parallel. Exit status: 0 nothing is bad, 1 something is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mmssl.commands.common import add_cfg_options, fail

EXAMPLES = """\
examples:
  {prog} CONFIG                           all splits, every CPU
  {prog} CONFIG --fast                    headers, ends and sizes only
  {prog} data/photos                      all images below a folder
  {prog} data/people --list names.txt --first 1000000
  {prog} CONFIG --split train --write-clean data/mine/train_clean.txt
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add CONFIG or a folder, what to check and what to write."""
    parser.add_argument(
        'config',
        help='path of a config, mmssl::cmp/..., or a folder of images',
    )
    parser.add_argument(
        '--split',
        choices=('train', 'val', 'test', 'all'),
        default='all',
        help='which data (default: all)',
    )
    parser.add_argument(
        '--list',
        type=Path,
        metavar='NAMES',
        help='of a folder: only the images that this list names, one a line',
    )
    parser.add_argument(
        '--first',
        type=int,
        metavar='K',
        help='of a folder: only the first K images',
    )
    parser.add_argument(
        '--workers', type=int, help='processes (default: one for each CPU)'
    )
    parser.add_argument(
        '--report',
        type=Path,
        help='.json or tab-separated '
        '(default: work_dirs/CONFIG/check_dataset.tsv)',
    )
    parser.add_argument(
        '--write-clean',
        type=Path,
        metavar='LIST',
        help='write the list of one split without the lines of bad files',
    )
    parser.add_argument(
        '--fast', action='store_true', help='do not decode anything'
    )
    add_cfg_options(parser, 'train_dataloader.dataset.data_root=data/mine')


def run(args: argparse.Namespace) -> int:
    """Check, print a table, write the report; return the exit status."""
    from mmssl.apis.check_dataset import (
        SPLITS,
        check_dataset,
        folder_config,
    )
    from mmssl.engine.config_options import change_config
    from mmssl.engine.run_config import load_config

    is_folder = Path(args.config).is_dir()
    path = Path(args.config)
    name = path.resolve().name if is_folder else path.stem
    report = args.report or Path('work_dirs', name, 'check_dataset.tsv')
    try:
        if args.workers is not None and args.workers < 1:
            raise ValueError(f'--workers must be >= 1, got {args.workers}')
        if not is_folder and (args.list, args.first) != (None, None):
            raise ValueError(
                f'--list and --first are for a folder of images, and '
                f'{args.config} is none; of a config change ann_file and '
                'indices by --cfg-options'
            )
        config = (
            folder_config(args.config, args.list, args.first)
            if is_folder
            else load_config(args.config)
        )
        change_config(config, args.cfg_options)
        result = check_dataset(
            config,
            SPLITS if args.split == 'all' else (args.split,),
            report=report,
            workers=args.workers,
            fast=args.fast,
            write_clean=args.write_clean,
            stream=sys.stderr,
        )
    except (OSError, ValueError, TypeError) as error:
        return fail(error)
    except KeyboardInterrupt:
        print('\ninterrupted; the same command goes on', file=sys.stderr)
        return 130
    print(result.text())
    if args.write_clean is not None:
        print(f'without the lines of bad files: {args.write_clean}')
    return 1 if result.bad else 0
