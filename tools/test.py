"""Evaluate a checkpoint: python tools/test.py CONFIG CHECKPOINT [options]."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from mmengine.config import DictAction
from mmengine.dist import is_main_process

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.engine.launch import evaluate
from mmssl.engine.processes import LAUNCHERS
from mmssl.engine.run_config import LaunchError


def parse_args() -> argparse.Namespace:
    """Parse the command line, with the usual arguments of OpenMMLab."""
    parser = argparse.ArgumentParser(
        description="Evaluate a checkpoint on the config's test data (its "
        'validation data where it has none)'
    )
    parser.add_argument('config', help='path of a config, or mmssl::cmp/...')
    parser.add_argument('checkpoint', help='checkpoint of the whole model')
    parser.add_argument('--work-dir', help='folder of logs (work_dirs/CONFIG)')
    parser.add_argument('--out', help='also write the metrics to this .json')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        metavar='KEY=VALUE',
        help='change the config, e.g. val_dataloader.batch_size=4',
    )
    parser.add_argument(
        '--launcher', choices=LAUNCHERS, default='none', help='job launcher'
    )
    # torch.distributed.launch passes one or the other spelling
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Evaluate, and write the metrics."""
    args = parse_args()
    os.environ.setdefault('LOCAL_RANK', str(args.local_rank))
    main_process = int(os.environ.get('RANK', '0')) == 0
    try:
        metrics = evaluate(
            args.config,
            args.checkpoint,
            work_dir=args.work_dir,
            cfg_options=args.cfg_options,
            launcher=args.launcher,
        )
    except (CheckpointError, FileNotFoundError, LaunchError) as error:
        sys.exit(f'error: {error}')
    if args.out and main_process and is_main_process():
        Path(args.out).write_text(json.dumps(metrics, indent=2))


if __name__ == '__main__':
    main()
