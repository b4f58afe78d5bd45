"""Turn YOLO label files into one COCO json file.

Label files have the names of their images, with .txt. What cannot be used is
counted and named.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmssl.commands.common import fail

EXAMPLES = """\
examples:
  {prog} labels/train images/train train.json --classes names.txt
  {prog} labels/val images/val val.json --num-classes 80
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add LABELS IMAGES OUT and the classes."""
    parser.add_argument('labels', help='folder of the label files')
    parser.add_argument('images', help='folder of the images')
    parser.add_argument('out', help='json file to write')
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        '--classes',
        type=Path,
        metavar='FILE',
        help='names of the classes, one a line (default: class_0, ...)',
    )
    group.add_argument(
        '--num-classes',
        type=int,
        metavar='N',
        help='how many there are; give it for training and validation, so '
        'that both have the same (default: as many as occur)',
    )


def run(args: argparse.Namespace) -> int:
    """Convert, say what was left out; return the exit status."""
    from mmssl.datasets.yolo_to_coco import yolo_to_coco

    try:
        classes = args.num_classes
        if args.classes is not None:
            lines = args.classes.read_text('utf-8').splitlines()
            classes = [line.strip() for line in lines if line.strip()]
        left_out = yolo_to_coco(args.labels, args.images, args.out, classes)
    except (OSError, ValueError) as error:
        return fail(error)
    for reason, names in sorted(left_out.items()):
        more = f' ... ({len(names) - 5} more)' if len(names) > 5 else ''
        print(f'{len(names)} {reason}: {", ".join(names[:5])}{more}')
    print(f'wrote {args.out}')
    return 0
