"""Plot what a run has logged: loss, EPE and Fl beside their baselines."""

from __future__ import annotations

import argparse
from pathlib import Path

from mmssl.commands.common import fail

EXAMPLES = """\
examples:
  {prog} work_dirs/a --keys loss lr --output curves.png
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add SOURCE and the options."""
    parser.add_argument(
        'source', type=Path, help='work dir of a run, or its scalars.json'
    )
    parser.add_argument(
        '--keys',
        nargs='+',
        help='what to draw, e.g. "loss flow/EPE flow/EPE_zero lr"; '
        'default: loss, EPE and Fl with their baselines',
    )
    parser.add_argument(
        '--output',
        type=Path,
        help='PNG to write; default: curves.png in (or beside) the source',
    )
    parser.add_argument('--title', default='', help='line above the plots')


def run(args: argparse.Namespace) -> int:
    """Draw the curves, say where they are; return the exit status."""
    from PIL import Image

    from mmssl.evaluation.scalar_log import read_curves
    from mmssl.visualization.curves import draw_curves

    folder = args.source if args.source.is_dir() else args.source.parent
    output = args.output or folder / 'curves.png'
    try:
        image = draw_curves(read_curves(args.source), args.keys, args.title)
        output.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(output)
    except (ImportError, OSError, ValueError) as error:
        return fail(error)
    print(f'wrote {output}')
    return 0
