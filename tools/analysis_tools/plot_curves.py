"""Plot what a run has logged: loss, EPE and Fl beside their baselines."""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image

from mmssl.evaluation.scalar_log import read_curves
from mmssl.visualization.curves import draw_curves


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
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
    return parser.parse_args()


def main() -> None:
    """Draw the curves and say where they are."""
    args = parse_args()
    folder = args.source if args.source.is_dir() else args.source.parent
    output = args.output or folder / 'curves.png'
    image = draw_curves(read_curves(args.source), args.keys, args.title)
    output.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(output)
    print(f'wrote {output}')


if __name__ == '__main__':
    main()
