"""The arguments of ``mmssl benchmark``."""

from __future__ import annotations

import argparse
from pathlib import Path

from mmssl.commands.common import add_cfg_options

PARTS = ('auto', 'student', 'teacher')
# Those of mmssl.downstream.tasks; importing it would import mmengine.
DEFAULT = ('parsing', 'detection', 'pose', 'identity-knn')
WORLDS = ('downstream', 'photos', 'puppets')
QUEUED = 16  # jobs of Slurm at once


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is judged, on what, where it runs and where it goes.

    Args:
        parser: Of the command.
    """
    parser.add_argument(
        'backbones',
        nargs='*',
        metavar='[NAME=][CONFIG] CHECKPOINT',
        help='backbones to judge; random: untrained ones',
    )
    parser.add_argument(
        '--random',
        action='store_true',
        help='also random weights of every architecture',
    )
    parser.add_argument(
        '--tasks',
        nargs='+',
        metavar='TASK',
        help=f'names of tasks ({" ".join(DEFAULT)}); --list has all',
    )
    parser.add_argument(
        '--world',
        choices=WORLDS,
        default='puppets',
        help='data and size of the named tasks: generated, small and real, '
        'or as published (%(default)s)',
    )
    parser.add_argument(
        '--config',
        nargs='+',
        default=[],
        metavar='HOST_CONFIG',
        help='any other configs, e.g. mmdet::faster_rcnn/...: only the '
        "backbone's weights are swapped",
    )
    parser.add_argument(
        '--metric', help='of --config (default: the first of its evaluator)'
    )
    parser.add_argument(
        '--seeds',
        nargs='+',
        default=['3'],
        metavar='N',
        help='how many, or, if several, which (3)',
    )
    parser.add_argument(
        '--out',
        type=Path,
        default=Path('work_dirs/benchmark'),
        help='folder of jobs and results (%(default)s)',
    )
    _add_backbone(parser)
    _add_machine(parser)
    add_cfg_options(parser, 'train_cfg.max_iters=100')


def _add_backbone(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('the backbone')
    group.add_argument(
        '--part',
        choices=PARTS,
        default='auto',
        help='of a checkpoint that has two (auto: teacher of DINO and '
        'SOLIDER, else student)',
    )
    group.add_argument(
        '--semantic-weight',
        type=float,
        metavar='LAMBDA',
        help='0 appearance .. 1 semantics, of backbones that follow it '
        "(the task's, else 1)",
    )
    group.add_argument(
        '--arch', help="of a torchvision file that does not tell it, 'vgg16'"
    )


def _add_machine(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('jobs')
    group.add_argument(
        '--gpus', type=int, help='a job on each of so many (all there are)'
    )
    group.add_argument(
        '--jobs',
        type=int,
        help='so many at once on the CPU (one for each core up to 4, then '
        f'for each 4), or queued ({QUEUED})',
    )
    group.add_argument(
        '--slurm',
        metavar='PARTITION',
        help='each job by srun; more of its options in SRUN_ARGS',
    )
    group.add_argument(
        '--gpus-per-job',
        type=int,
        choices=(0, 1),
        default=1,
        help='of Slurm (%(default)s)',
    )
    group.add_argument(
        '--cpus-per-job', type=int, default=5, help='of Slurm (%(default)s)'
    )
    group.add_argument(
        '--keep-checkpoints',
        action='store_true',
        help="keep the tasks' own checkpoints",
    )
    group.add_argument(
        '--redo',
        action='store_true',
        help='compute results of other settings anew; the old ones are kept '
        'beside them',
    )
    group.add_argument(
        '--dry-run', action='store_true', help='only say what would run'
    )
    group.add_argument(
        '--list', action='store_true', help='print the named tasks'
    )
