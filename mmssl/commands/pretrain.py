"""Pretrain a backbone on a folder, with settings that fit the machine.

Batch, learning rate, workers and precision are found from the machine, told
with their reasons, and written as a short config to WORK_DIR/config. Edit
that, and call the same command again: it goes on with the config as it is.
"""

from __future__ import annotations

import argparse

from mmssl.commands.common import fail

EXAMPLES = """\
examples:
  {prog} resnet18 MY_VIDEOS work_dirs/mine
  {prog} resnet50 MY_VIDEOS work_dirs/mine --dry-run
  {prog} swin_tiny data/videos_flow work_dirs/swin --epochs 20 --precision bf16
"""

# Options that are arguments of pretrain().
_PASSED_ON = (
    'backbone',
    'data',
    'work_dir',
    'method',
    'iterations',
    'epochs',
    'batch_size',
    'lr',
    'workers',
    'precision',
    'flow',
    'seed',
    'dry_run',
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add BACKBONE DATA WORK_DIR and the options."""
    parser.add_argument(
        'backbone',
        help="resnet18, resnet50, vgg16, swin_tiny, ... or mmpretrain's name",
    )
    parser.add_argument(
        'data', help='folder of videos or frame folders, or with train.txt'
    )
    parser.add_argument('work_dir', help='where everything goes')
    parser.add_argument(
        '--method', default='cmp', help='pretraining method (default: cmp)'
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        '--iterations', type=int, metavar='N', help="steps (recipe's)"
    )
    length.add_argument(
        '--epochs', type=float, metavar='N', help='passes over the pairs'
    )
    parser.add_argument(
        '--batch-size', type=int, metavar='N', help='the largest that fits'
    )
    parser.add_argument('--lr', type=float, help='scaled with the batch')
    parser.add_argument(
        '--workers', type=int, metavar='N', help='processes that load data'
    )
    parser.add_argument(
        '--precision', choices=('bf16', 'fp16', 'fp32'), help='by the GPU'
    )
    parser.add_argument(
        '--flow',
        choices=('auto', 'extract', 'online'),
        default='auto',
        help='of videos: beforehand, or while training (default: by cores)',
    )
    parser.add_argument('--seed', type=int, default=0, help='(default: 0)')
    parser.add_argument(
        '--anew', action='store_true', help='do not resume, start again'
    )
    parser.add_argument(
        '--dry-run', action='store_true', help='only write the config'
    )


def run(args: argparse.Namespace) -> int:
    """Pretrain; return the exit status."""
    from mmssl.apis.pretraining import pretrain
    from mmssl.checkpoints.pickle_globals import CheckpointError
    from mmssl.engine.run_config import LaunchError

    options = {name: getattr(args, name) for name in _PASSED_ON}
    resume = None if args.anew else 'auto'
    try:
        done = pretrain(**options, resume=resume)
    except (CheckpointError, LaunchError) as error:
        return fail(error)
    if not args.dry_run:
        print(f'checkpoint {done.checkpoint}')
        print(f'backbone   mmssl export {done.checkpoint} backbone.pth')
    return 0
