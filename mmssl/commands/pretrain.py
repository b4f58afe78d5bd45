"""Pretrain a backbone on a folder, with settings that fit the machine.

Batch, learning rate, workers and precision are found from the machine, told
with their reasons, and written as a short config to WORK_DIR/config. Edit
that, and call the same command again: it goes on with the config as it is.
"""

from __future__ import annotations

import argparse
from itertools import zip_longest
from pathlib import Path
from typing import Any

from mmssl.commands.common import fail

EXAMPLES = """\
examples:
  {prog} MY_IMAGES --method scrl
  {prog} MY_PEOPLE --method dino
  {prog} MY_PEOPLE --method solider --init work_dirs/dino_MY_PEOPLE
  {prog} resnet50 MY_IMAGES work_dirs/mine --method scrl --epochs 200
  {prog} resnet18 MY_VIDEOS work_dirs/mine
  {prog} resnet50 MY_VIDEOS work_dirs/mine --dry-run
  {prog} swin_tiny data/videos_flow work_dirs/swin --epochs 20 --precision bf16
"""

# Those of mmssl.pretraining.recipes; importing it would import torch.
METHODS = ('byol', 'cmp', 'dino', 'scrl', 'solider')
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
    'crop',
    'init',
    'seed',
    'dry_run',
)


class _Words(argparse.Action):
    """Tell which of one to three words is which."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Set ``backbone``, ``data`` and ``work_dir``."""
        if len(values) > 3:
            parser.error(f'too many words: {" ".join(values)}')
        words = list(values)
        if len(words) == 1 or (len(words) == 2 and Path(words[0]).exists()):
            words.insert(0, None)
        names = ('backbone', 'data', 'work_dir')
        for name, word in zip_longest(names, words):
            setattr(namespace, name, word)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add [BACKBONE] DATA [WORK_DIR] and the options."""
    parser.usage = '%(prog)s [options] [BACKBONE] DATA [WORK_DIR]'
    parser.add_argument(
        'words',
        nargs='+',
        action=_Words,
        metavar='[BACKBONE] DATA [WORK_DIR]',
        help='BACKBONE: resnet18, resnet50, vgg16, swin_tiny, ... or '
        "mmpretrain's name (default: resnet50 with a GPU, else resnet18; dino "
        'and solider: a Swin). '
        'DATA: folder; cmp: of videos or frame folders, or with train.txt; '
        'others: of images. WORK_DIR: where everything goes (default: '
        'work_dirs/METHOD_FOLDER). Of two words the first is DATA if it '
        'exists',
    )
    parser.add_argument(
        '--method',
        choices=METHODS,
        default='cmp',
        help='pretraining method (default: cmp)',
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument(
        '--iterations', type=int, metavar='N', help="steps (recipe's)"
    )
    length.add_argument(
        '--epochs', type=float, metavar='N', help='passes over the data'
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
        help='cmp: flow of videos beforehand, or while training (default: by '
        'cores)',
    )
    parser.add_argument(
        '--crop',
        default='auto',
        metavar='HxW',
        help='dino, solider: large views, e.g. 256x128, 384x128 or 224x224 '
        '(default: tall if the pictures are, else square)',
    )
    parser.add_argument(
        '--init',
        metavar='FILE',
        help='dino, solider: checkpoint or work dir to start from, e.g. of '
        'dino for solider',
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
