"""Train a config: python tools/train.py CONFIG [options]."""

from __future__ import annotations

import argparse
import os
import sys

from mmengine.config import DictAction

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.engine.launch import train
from mmssl.engine.processes import LAUNCHERS
from mmssl.engine.run_config import LaunchError


def parse_args() -> argparse.Namespace:
    """Parse the command line, with the usual arguments of OpenMMLab."""
    parser = argparse.ArgumentParser(description='Train a config')
    parser.add_argument('config', help='path of a config, or mmssl::cmp/...')
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
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='change the config, e.g. train_cfg.max_iters=100',
    )
    parser.add_argument(
        '--launcher', choices=LAUNCHERS, default='none', help='job launcher'
    )
    # torch.distributed.launch passes one or the other spelling
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Train."""
    args = parse_args()
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    try:
        train(
            args.config,
            work_dir=args.work_dir,
            resume=args.resume,
            amp=args.amp,
            auto_scale_lr=args.auto_scale_lr,
            validate=not args.no_validate,
            cfg_options=args.cfg_options,
            launcher=args.launcher,
        )
    except (LaunchError, CheckpointError) as error:
        sys.exit(f'error: {error}')


if __name__ == '__main__':
    main()
