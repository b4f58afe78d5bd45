"""Turn a pickled list of image names into a text list for ImageFolder.

The published SOLIDER reads the images of LUPerson from such a pickle. Loading
SRC executes nothing of it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmssl.commands.common import fail

EXAMPLES = """\
examples:
  {prog} cfs_list.pkl data/luperson/names.txt
  {prog} cfs_list.pkl data/luperson/names_1m.txt --first 1000000
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add SRC DST and how many names."""
    parser.add_argument('src', type=Path, help='pickled list of names')
    parser.add_argument('dst', type=Path, help='text list to write')
    parser.add_argument(
        '--first',
        type=int,
        metavar='K',
        help='only the first K names (default: all; indices=K of the dataset '
        'does the same without a list of its own)',
    )


def run(args: argparse.Namespace) -> int:
    """Convert, say how many names there are; return the exit status."""
    from mmssl.datasets.name_list import write_name_list

    if not args.dst.parent.is_dir():
        return fail(f'the folder of DST does not exist: {args.dst.parent}')
    if args.src.resolve() == args.dst.resolve():
        return fail(f'DST would overwrite SRC, {args.src}')
    try:
        number = write_name_list(args.src, args.dst, args.first)
    except (OSError, ValueError) as error:
        return fail(error)
    print(f'wrote {number} names to {args.dst}')
    return 0
