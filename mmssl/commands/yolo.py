"""Turn YOLO label files into one COCO json file.

Label files have the names of their images, with .txt. What cannot be used is
counted and named.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
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
    add_classes(parser)


def add_classes(parser: argparse.ArgumentParser) -> None:
    """Add the names of the classes, or how many there are."""
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


def given_classes(args: argparse.Namespace) -> list[str] | int | None:
    """Return the names of the classes, or how many; None: neither is given."""
    if args.classes is None:
        return args.num_classes
    lines = args.classes.read_text('utf-8').splitlines()
    return [line.strip() for line in lines if line.strip()]


def tell(left_out: Mapping[str, Sequence[str]], out: Path) -> None:
    """Say what was left out, and what was written."""
    for reason, names in sorted(left_out.items()):
        more = f' ... ({len(names) - 5} more)' if len(names) > 5 else ''
        print(f'{len(names)} {reason}: {", ".join(names[:5])}{more}')
    print(f'wrote {out}')


def run(args: argparse.Namespace) -> int:
    """Convert, say what was left out; return the exit status."""
    from mmssl.datasets.yolo_to_coco import yolo_to_coco

    try:
        left_out = yolo_to_coco(
            args.labels, args.images, args.out, given_classes(args)
        )
    except (OSError, ValueError) as error:
        return fail(error)
    tell(left_out, Path(args.out))
    return 0
