"""Take a training step that was not finite again, from its dump."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.engine.batch_statistics import batch_picture, write_picture
from mmssl.engine.replay import replay_step
from mmssl.engine.replay_model import ReplayError
from mmssl.engine.replay_report import report

EPILOG = """\
exit status: 0 reproduced, 1 not (or an error)

example:
  python tools/misc/replay.py work_dirs/NAME/nan_dumps/iter_1234
"""


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or '').strip(),
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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
    return parser.parse_args()


def main() -> int:
    """Replay; return the exit status."""
    args = parse_args()
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
        print(f'error: {error}', file=sys.stderr)
        return 1
    return 0 if result.reproduced else 1


if __name__ == '__main__':
    sys.exit(main())
