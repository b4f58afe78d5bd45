"""Arguments and errors that several commands share."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from mmengine.config import DictAction

# mmssl.engine.processes has the same; importing it would import torch.
LAUNCHERS = ('none', 'pytorch', 'slurm', 'mpi')


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add the config, the first argument of most commands."""
    parser.add_argument('config', help='path of a config, or mmssl::cmp/...')


class _KeyValues(DictAction):
    """mmengine's action, which ends in a traceback where a '=' is missing."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Add the values, or say which one cannot be read."""
        for value in values:
            try:
                super().__call__(parser, namespace, [value], option_string)
            except (ValueError, AssertionError, RecursionError) as error:
                hint = ''
                if isinstance(error, RecursionError):  # of mmengine's reader
                    hint = '; values are numbers, texts and lists of them'
                raise argparse.ArgumentError(
                    self, f'expected KEY=VALUE, got {value!r}{hint}'
                ) from error


def add_cfg_options(
    parser: argparse.ArgumentParser, example: str = 'train_cfg.max_iters=100'
) -> None:
    """Add ``--cfg-options`` as in all OpenMMLab projects."""
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=_KeyValues,
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


def add_processes(parser: argparse.ArgumentParser) -> None:
    """Add ``--processes``; ``--gpus`` is the same, but not in the help.

    ``mim`` adds options of its own to tools whose help has that word.
    """
    parser.add_argument(
        '--processes',
        type=int,
        metavar='N',
        help='start N processes on this machine: one for each GPU, or on the '
        'CPU where there is none (N of dist_train.sh)',
    )
    parser.add_argument(
        '--gpus', dest='processes', type=int, help=argparse.SUPPRESS
    )


def run_in_processes(args: argparse.Namespace, name: str) -> int | None:
    """Run a command in as many processes as asked for.

    Args:
        args: Arguments of the command, with ``argv`` as they were given.
        name: The command.

    Returns:
        Exit status; None where this process itself is to do the work.
    """
    if args.processes is None or args.launcher != 'none':
        return None
    import torch

    gpus = torch.cuda.device_count()
    if args.processes < 1 or 0 < gpus < args.processes:
        limit = f'and at most {gpus}, one for each GPU' if gpus else ''
        return fail(
            f'--processes must be >= 1 {limit}'.strip()
            + f', got {args.processes}'
        )
    if args.processes == 1:
        return None
    from mmssl.commands.local_processes import run_processes

    command = [sys.executable, '-m', 'mmssl', name, *args.argv]
    return run_processes([*command, '--launcher', 'pytorch'], args.processes)


def fail(error: object) -> int:
    """Print a user's mistake; return the exit status for it."""
    print(f'error: {error}', file=sys.stderr)
    return 1


def add_position_options(parser: argparse.ArgumentParser) -> None:
    """Add the sizes that position tables are interpolated to.

    Args:
        parser: Of a command that writes weights.
    """
    parser.add_argument(
        '--window-size',
        type=int,
        metavar='N',
        help="interpolate a Swin's relative position tables to windows of "
        'N x N cells',
    )
    parser.add_argument(
        '--img-size',
        type=int,
        nargs=2,
        metavar=('H', 'W'),
        help="interpolate a ViT's position embedding to images of H x W px",
    )
