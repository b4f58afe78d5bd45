"""Plot what a run has logged, or several runs beside each other.

Loss, EPE and Fl beside their baselines, probes and the collapse monitor.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmssl.commands.common import fail

EXAMPLES = """\
examples:
  {prog} work_dirs/a --keys loss lr --output curves.png
  {prog} work_dirs/scrl work_dirs/byol --keys loss probe/knn_top1
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add SOURCES and the options."""
    parser.add_argument(
        'sources',
        type=Path,
        nargs='+',
        metavar='SOURCE',
        help='work dir of a run, or its scalars.json; of several, each plot '
        'shows all, named as their folders',
    )
    parser.add_argument(
        '--keys',
        nargs='+',
        help='what to draw, e.g. "loss flow/EPE flow/EPE_zero lr"; '
        'default: loss, EPE and Fl with their baselines, probes',
    )
    parser.add_argument(
        '--output',
        type=Path,
        help='PNG to write; default: curves.png in (or beside) the first',
    )
    parser.add_argument('--title', default='', help='line above the plots')


def run(args: argparse.Namespace) -> int:
    """Draw the curves, say where they are; return the exit status."""
    from PIL import Image

    from mmssl.evaluation.scalar_log import read_curves
    from mmssl.visualization.curves import draw_curves, draw_runs

    first = args.sources[0]
    folder = first if first.is_dir() else first.parent
    output = args.output or folder / 'curves.png'
    try:
        runs = {_name(path): read_curves(path) for path in args.sources}
        if len(runs) < len(args.sources):
            return fail('two runs have one name: rename a work dir')
        if len(runs) == 1:
            (curves,) = runs.values()
            image = draw_curves(curves, args.keys, args.title)
        else:
            image = draw_runs(runs, args.keys, args.title)
        output.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(output)
    except (ImportError, OSError, ValueError) as error:
        return fail(error)
    print(f'wrote {output}')
    return 0


def _name(source: Path) -> str:
    """Return the name of a run's work dir, or of its log."""
    place = source.resolve()
    inside = place.name == 'scalars.json' and place.parent.name == 'vis_data'
    return place.parents[2].name if inside else place.name
