"""Turn index masks of a segmentation into one COCO json file of boxes.

Masks have the names of their images. Each connected piece of a class becomes
a box. What cannot be used is counted and named.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmssl.commands.common import fail
from mmssl.commands.yolo import add_classes, given_classes, tell

EXAMPLES = """\
examples:
  {prog} masks/train images/train train.json --classes names.txt
  {prog} masks/val images/val val.json --num-classes 150 --ignore 0
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add MASKS IMAGES OUT, the classes and which boxes count."""
    parser.add_argument('masks', help='folder of the masks')
    parser.add_argument('images', help='folder of the images')
    parser.add_argument('out', help='json file to write')
    add_classes(parser)
    parser.add_argument(
        '--ignore',
        type=int,
        nargs='*',
        default=[0, 255],
        metavar='CLASS',
        help='classes that are no objects (default: 0 255)',
    )
    parser.add_argument(
        '--min-size',
        type=int,
        default=8,
        metavar='PX',
        help='least side of a box (default: 8)',
    )


def run(args: argparse.Namespace) -> int:
    """Convert, say what was left out; return the exit status."""
    from mmssl.datasets.masks_to_coco import masks_to_coco

    try:
        left_out = masks_to_coco(
            args.masks,
            args.images,
            args.out,
            given_classes(args),
            args.ignore,
            args.min_size,
        )
    except (OSError, ValueError) as error:
        return fail(error)
    tell(left_out, Path(args.out))
    return 0
