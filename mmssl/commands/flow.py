"""Turn a folder of videos or frame folders into training data for CMP.

Writes OUT/train.txt and OUT/val.txt (paths below OUT, so OUT is the data
root), OUT/summary.json, and frames and flow below OUT/pairs. Run the same
command again after an interruption: finished videos are not done again.

Folders in OUT are called after the video's path below IN: everything but
ASCII letters, digits and ._- becomes '_', '/' becomes '__', and 8 digits of
the path's SHA-1 keep names apart. Lists are separated by whitespace.

Videos that are empty, unreadable, shorter than two frames, of variable frame
rate or marked as rotated are named at the end and skipped; a video that is
cut short is used as far as it can be read, and named.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmssl.commands.common import fail

if TYPE_CHECKING:
    from mmssl.flow.settings import ExtractionSettings

EXAMPLES = """\
examples:
  {prog} MY_VIDEOS data/videos_flow
  {prog} MY_VIDEOS data/fast --preset fast --short-size 256 --min-motion 0.5
"""
# mmssl.flow has the same; importing it imports OpenCV.
ESTIMATORS = (
    'deepflow',
    'denserlof',
    'dis',
    'farneback',
    'pcaflow',
    'raft_large',
    'raft_small',
    'sparsetodense',
    'tvl1',
)
DIS_PRESETS = ('ultrafast', 'fast', 'medium')
FORMATS = ('flo', 'jpg')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add IN OUT and the options."""
    parser.add_argument('input', help='folder (with subfolders) or a video')
    parser.add_argument('out', help='output folder; its content is kept')
    parser.add_argument(
        '--workers', type=int, help='processes (default: one per core)'
    )
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='redo videos that OUT has with other settings (default: error)',
    )
    parser.add_argument(
        '--quiet', action='store_true', help='show no progress'
    )
    _add_flow_options(parser.add_argument_group('flow'))
    _add_pair_options(parser.add_argument_group('pairs'))
    _add_list_options(parser.add_argument_group('lists'))


def run(args: argparse.Namespace) -> int:
    """Extract, print the report; return the exit status."""
    from mmssl.flow.extraction import extract_folder

    try:
        val_names = None
        if args.val_list is not None:
            val_names = args.val_list.read_text(encoding='utf-8').splitlines()
        report = extract_folder(
            args.input,
            args.out,
            settings_from(args),
            workers=args.workers,
            val_share=args.val_share,
            seed=args.seed,
            val_names=val_names,
            absolute=args.absolute,
            overwrite=args.overwrite,
            stream=None if args.quiet else sys.stderr,
        )
    except (ValueError, OSError, ImportError) as error:
        return fail(error)
    except KeyboardInterrupt:
        print(
            '\ninterrupted; the same command goes on with the videos that '
            'are not finished',
            file=sys.stderr,
        )
        return 130
    print(report.text())
    return 0


def settings_from(args: argparse.Namespace) -> ExtractionSettings:
    """Turn the options into settings.

    Raises:
        ValueError: An option that does not go with the method.
    """
    from mmssl.flow.settings import ExtractionSettings

    names = ('preset', 'weights', 'device')
    given = {name: getattr(args, name) for name in names}
    known = {'dis': ('preset',), 'raft': ('weights', 'device')}
    allowed = known.get(args.method.split('_')[0], ())
    options = {k: v for k, v in given.items() if v is not None}
    for name in options:
        if name not in allowed:
            raise ValueError(f'--{name} does not go with {args.method}')
    return ExtractionSettings(
        method=args.method,
        method_options=options,
        format=args.format,
        stride=args.stride,
        step=args.step,
        max_pairs=args.max_pairs,
        short_size=args.short_size,
        quality=args.quality,
        min_motion=args.min_motion,
        scene_cut=args.scene_cut or None,
        min_consistency=args.min_consistency,
        allow_variable_rate=args.allow_variable_rate,
        auto_rotate=args.auto_rotate,
    )


def _add_flow_options(group: Any) -> None:
    group.add_argument(
        '--method',
        choices=ESTIMATORS,
        default='dis',
        help='%(choices)s',
    )
    group.add_argument(
        '--preset',
        choices=DIS_PRESETS,
        help='of --method dis (default: medium)',
    )
    group.add_argument(
        '--weights',
        help="torchvision's weights file, for raft_small and raft_large; "
        'nothing is downloaded',
    )
    group.add_argument('--device', help='of raft, e.g. cuda (default: cpu)')
    group.add_argument(
        '--format',
        choices=FORMATS,
        default='jpg',
        help='of flow: two 8-bit jpgs (published; +-50 px in steps of 0.39) '
        'or an exact .flo (default: jpg)',
    )
    group.add_argument(
        '--quality', type=int, default=95, help='of all jpgs (default: 95)'
    )
    group.add_argument(
        '--short-size',
        type=int,
        metavar='PX',
        help='shrink frames to this shorter side before flow',
    )


def _add_pair_options(group: Any) -> None:
    group.add_argument(
        '--stride',
        type=int,
        default=1,
        metavar='K',
        help='pairs are frames (t, t + K) (default: 1)',
    )
    group.add_argument(
        '--step',
        type=int,
        default=1,
        help='frames from one pair to the next (default: 1)',
    )
    group.add_argument(
        '--max-pairs',
        type=int,
        metavar='N',
        help='look at no more than N pairs of a video, evenly spread',
    )
    group.add_argument(
        '--min-motion',
        type=float,
        default=0.0,
        metavar='PX',
        help='drop pairs with less mean length of flow (default: 0)',
    )
    group.add_argument(
        '--scene-cut',
        type=float,
        default=0.4,
        metavar='SCORE',
        help='drop pairs that differ more, on a scale from 0 to 1.4; 0 keeps '
        'all (default: 0.4)',
    )
    group.add_argument(
        '--min-consistency',
        type=float,
        metavar='SHARE',
        help='drop pairs in which a smaller share of pixels passes the '
        'forward-backward test; doubles the time',
    )
    group.add_argument(
        '--allow-variable-rate',
        action='store_true',
        help='use videos of variable frame rate',
    )
    group.add_argument(
        '--auto-rotate',
        action='store_true',
        help='use videos marked as rotated, turned',
    )


def _add_list_options(group: Any) -> None:
    group.add_argument(
        '--val-share',
        type=float,
        default=0.1,
        metavar='SHARE',
        help='share of videos for validation, chosen by a hash of their '
        'paths; at least one of two (default: 0.1)',
    )
    group.add_argument(
        '--val-list',
        type=Path,
        metavar='FILE',
        help='text file that names the videos for validation, one path below '
        'IN per line',
    )
    group.add_argument(
        '--seed', type=int, default=0, help='of the choice (default: 0)'
    )
    group.add_argument(
        '--absolute', action='store_true', help='write absolute paths'
    )
