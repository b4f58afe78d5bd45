"""Train a config."""

from __future__ import annotations

import argparse
import errno
import gc

from mmssl.commands.common import (
    add_cfg_options,
    add_config,
    add_launcher,
    add_processes,
    fail,
    run_in_processes,
    set_local_rank,
)
from mmssl.commands.speed_arguments import add_speed, speed_options

EXAMPLES = """\
examples:
  {prog} mmssl::cmp/cmp_r50_1xb32-20k_videos.py --work-dir work_dirs/a
  {prog} CONFIG --resume                  go on where it was stopped
  {prog} CONFIG --processes 4             4 GPUs, or 4 processes on the CPU
  {prog} CONFIG --amp --cfg-options train_dataloader.batch_size=64
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the usual arguments of OpenMMLab."""
    add_config(parser)
    parser.add_argument(
        '--work-dir', help='folder of logs and checkpoints (work_dirs/CONFIG)'
    )
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        help='go on from this checkpoint, or from the last in the work dir',
    )
    parser.add_argument(
        '--amp',
        action='store_true',
        help='mixed precision: float16 on a GPU, bfloat16 on the CPU',
    )
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help='scale the learning rate with the global batch size',
    )
    parser.add_argument(
        '--no-validate', action='store_true', help='train without validation'
    )
    add_speed(parser)
    add_cfg_options(parser)
    add_processes(parser)
    add_launcher(parser)


def run(args: argparse.Namespace) -> int:
    """Train; return the exit status."""
    status = run_in_processes(args, 'train')
    if status is not None:
        return status
    from mmssl.checkpoints.pickle_globals import CheckpointError
    from mmssl.engine.launch import train
    from mmssl.engine.run_config import LaunchError
    from mmssl.engine.step_guard import NonFiniteError
    from mmssl.engine.stop_request import RunStopped
    from mmssl.io.errors import BadDataError, DataFileError, plain_text

    set_local_rank(args)
    try:
        train(
            args.config,
            work_dir=args.work_dir,
            resume=args.resume,
            amp=args.amp,
            speed=speed_options(args),
            auto_scale_lr=args.auto_scale_lr,
            validate=not args.no_validate,
            cfg_options=args.cfg_options,
            launcher=args.launcher,
        )
    except (LaunchError, CheckpointError) as error:
        return fail(error)
    except (BadDataError, DataFileError) as error:
        return fail(plain_text(error))
    except NonFiniteError as error:
        first = str(error).splitlines()[0]
        return fail(f'{first}; the log says where and what to do')
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return fail(f'{error}; checkpoints that are there are whole')
    except RunStopped:
        # else the interpreter looks through all objects before it ends
        gc.freeze()
    return 0
