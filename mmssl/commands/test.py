"""Evaluate a checkpoint on a config's test data.

Where the config has none, on its validation data.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from mmssl.commands.common import (
    add_cfg_options,
    add_config,
    add_launcher,
    add_processes,
    fail,
    run_in_processes,
    set_local_rank,
)

EXAMPLES = """\
examples:
  {prog} CONFIG work_dirs/a/iter_20000.pth --out metrics.json
  {prog} CONFIG CHECKPOINT --processes 4
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the usual arguments of OpenMMLab."""
    add_config(parser)
    parser.add_argument('checkpoint', help='checkpoint of the whole model')
    parser.add_argument('--work-dir', help='folder of logs (work_dirs/CONFIG)')
    parser.add_argument('--out', help='also write the metrics to this .json')
    add_cfg_options(parser, 'test_dataloader.batch_size=4')
    add_processes(parser)
    add_launcher(parser)


def run(args: argparse.Namespace) -> int:
    """Evaluate, write the metrics; return the exit status."""
    status = run_in_processes(args, 'test')
    if status is not None:
        return status
    from mmengine.dist import is_main_process

    from mmssl.checkpoints.pickle_globals import CheckpointError
    from mmssl.engine.launch import evaluate
    from mmssl.engine.run_config import LaunchError
    from mmssl.io.errors import DataFileError, plain_text

    set_local_rank(args)
    main_process = int(os.environ.get('RANK', '0')) == 0
    try:
        metrics = evaluate(
            args.config,
            args.checkpoint,
            work_dir=args.work_dir,
            cfg_options=args.cfg_options,
            launcher=args.launcher,
        )
    except DataFileError as error:
        return fail(plain_text(error))
    except (CheckpointError, FileNotFoundError, LaunchError) as error:
        return fail(error)
    if args.out and main_process and is_main_process():
        Path(args.out).write_text(json.dumps(metrics, indent=2))
    return 0
