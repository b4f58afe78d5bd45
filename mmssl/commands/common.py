"""Arguments and errors that several commands share."""

from __future__ import annotations

import argparse
import os
import sys

from mmengine.config import DictAction

# mmssl.engine.processes has the same; importing it would import torch.
LAUNCHERS = ('none', 'pytorch', 'slurm', 'mpi')


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add the config, the first argument of most commands."""
    parser.add_argument('config', help='path of a config, or mmssl::cmp/...')


def add_cfg_options(
    parser: argparse.ArgumentParser, example: str = 'train_cfg.max_iters=100'
) -> None:
    """Add ``--cfg-options`` as in all OpenMMLab projects."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help=f'change the config, e.g. {example}',
    )


def add_launcher(parser: argparse.ArgumentParser) -> None:
    """Add ``--launcher`` and what torch's launchers add themselves."""
    parser.add_argument(
        '--launcher',
        choices=LAUNCHERS,
        default='none',
        help='what has started the processes (default: none)',
    )
    # torch.distributed.launch passes one or the other spelling
    parser.add_argument(
        '--local_rank',
        '--local-rank',
        type=int,
        default=0,
        help=argparse.SUPPRESS,
    )


def set_local_rank(args: argparse.Namespace) -> None:
    """Put the local rank where mmengine looks for it."""
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))


def fail(error: object) -> int:
    """Print a user's mistake; return the exit status for it."""
    print(f'error: {error}', file=sys.stderr)
    return 1
