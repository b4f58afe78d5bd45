"""Take a training step that was not finite again, from its dump.

Exit status: 0 reproduced, 1 not (or an error).
"""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from mmssl.commands.common import fail

EXAMPLES = """\
examples:
  {prog} work_dirs/NAME/nan_dumps/iter_1234
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add DUMP and how it is replayed."""
    parser.add_argument('dump', help='folder nan_dumps/iter_N of a work dir')
    parser.add_argument(
        '--rank',
        type=int,
        help='process to replay (default: the one that went wrong)',
    )
    parser.add_argument(
        '--device', help='cpu, cuda, ... (default: as in the run)'
    )
    parser.add_argument(
        '--detect-anomaly',
        action='store_true',
        help='name the line of code behind a nan gradient; slow',
    )
    parser.add_argument(
        '--trust',
        action='store_true',
        help='the dump is from a run of yours: import what its config names',
    )
    parser.add_argument(
        '--picture',
        type=Path,
        help="where to draw the batch's images (default: batch.png in DUMP)",
    )


def run(args: argparse.Namespace) -> int:
    """Replay and report; return the exit status."""
    from mmssl.checkpoints.pickle_globals import CheckpointError
    from mmssl.engine.batch_statistics import batch_picture, write_picture
    from mmssl.engine.replay import replay_step
    from mmssl.engine.replay_model import ReplayError
    from mmssl.engine.replay_report import report

    logging.getLogger('mmengine').setLevel(logging.WARNING)
    try:
        result = replay_step(
            args.dump,
            args.rank,
            device=args.device,
            detect_anomaly=args.detect_anomaly,
            trust=args.trust,
        )
        print(report(result))
        picture = batch_picture(result.batches)
        if picture is not None:
            file = args.picture or Path(args.dump) / 'batch.png'
            write_picture(picture, file)
            print(f'images of the batch: {file}')
    except (CheckpointError, OSError, ReplayError) as error:
        return fail(error)
    return 0 if result.reproduced else 1
