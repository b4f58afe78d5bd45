"""Generate a world of puppets: data sets with exact labels for everything.

Articulated, people-like figures walk, turn and wave in textured scenes.
Equal seeds give equal bytes. Each part has the very layout of a data set that
people pretrain or test with, so that the same dataset classes read it::

  flow        pairs with forward and backward flow and occlusion (CMP)
  scenes      frames with several people: COCO boxes, masks, keypoints,
              part maps (frames/, frame_parts/, annotations/)
  people      pictures of one person, without labels (DINO, SOLIDER)
  lip         the same with part maps (LIP)
  market1501  identities across cameras (Market-1501)
  pa100k      binary attributes (PA-100K)
  prw         person search: boxes and identities in whole frames (PRW)

A part appears in OUT when it is whole. Run the same command again after an
interruption: what is finished is not done again.
"""

from __future__ import annotations

import argparse
import sys

from mmssl.commands.common import fail

EXAMPLES = """\
examples:
  {prog} data/puppets
  {prog} data/puppets --preset tiny
  {prog} data/puppets --preset full --seed 1 --only flow people --workers 8
"""
# mmssl.worlds has the same; importing it imports OpenCV.
PRESETS = ('tiny', 'small', 'full')
PARTS = ('flow', 'scenes', 'people', 'lip', 'market1501', 'pa100k', 'prw')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add OUT and the options."""
    parser.add_argument('out', help='output folder, e.g. data/puppets')
    parser.add_argument(
        '--preset',
        choices=PRESETS,
        default='small',
        help='tiny: seconds, for tests; small: about a minute on 2 cores; '
        'full: some minutes, enough to pretrain (default: %(default)s)',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of everything (default: 0)'
    )
    parser.add_argument(
        '--only',
        nargs='+',
        metavar='PART',
        help=f'make only these: {", ".join(PARTS)} (default: all)',
    )
    parser.add_argument(
        '--size',
        type=int,
        nargs=2,
        metavar=('H', 'W'),
        help='of all frames, px (default: by preset)',
    )
    parser.add_argument(
        '--person-height',
        type=int,
        metavar='PX',
        help='height of pictures of one person (default: by preset)',
    )
    parser.add_argument(
        '--workers', type=int, help='processes (default: one per core)'
    )
    parser.add_argument(
        '--quiet', action='store_true', help='show no progress'
    )


def run(args: argparse.Namespace) -> int:
    """Generate, print what there is; return the exit status."""
    from mmssl.worlds.generation import generate_world
    from mmssl.worlds.world_settings import settings_of

    size = None if args.size is None else (args.size[0], args.size[1])
    try:
        report = generate_world(
            args.out,
            settings_of(args.preset, args.seed, size, args.person_height),
            args.only,
            args.workers,
            stream=None if args.quiet else sys.stderr,
        )
    except (ValueError, OSError) as error:
        return fail(error)
    except KeyboardInterrupt:
        print(
            '\ninterrupted; the same command goes on with what is left',
            file=sys.stderr,
        )
        return 130
    print(report.text())
    return 0
