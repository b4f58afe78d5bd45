"""Damage files at random and read them: python tools/misc/fuzz_readers.py.

Each of them must give a valid array or an error that names the file; a crash
of a decoder, a hang or any other error is a failure, and the file is kept.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    """Fuzz; return 1 if anything failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument('--number', type=int, default=10000, help='of files')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--workers', type=int, default=2)
    parser.add_argument(
        '--folder', type=Path, help='where failed files are kept'
    )
    args = parser.parse_args()
    if min(args.number, args.workers) < 1 or args.seed < 0:
        parser.error('--number and --workers must be >= 1, --seed >= 0')

    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')  # silent
    from mmssl.testing.fuzz import fuzz

    folder = args.folder or Path(tempfile.mkdtemp(prefix='fuzz_'))
    begin = time.monotonic()
    result = fuzz(
        args.number, folder, args.seed, args.workers, stream=sys.stderr
    )
    print(result.text())
    kept = f'; files that failed: {folder}' if result.failures else ''
    print(f'{time.monotonic() - begin:.0f} s{kept}')
    return 1 if result.failures else 0


if __name__ == '__main__':
    sys.exit(main())
