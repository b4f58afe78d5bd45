"""Split videos at their scene cuts into folders of frames, one for each shot.

For few long videos: the extraction of flow splits training from validation by
video, and takes the folders written here as videos.
"""

from __future__ import annotations

import argparse

from mmssl.commands.common import fail

EXAMPLES = """\
examples:
  {prog} MY_VIDEOS data/shots --short-size 256
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add IN OUT and the options."""
    parser.add_argument('input', help='folder (with subfolders) or a video')
    parser.add_argument('out', help='output folder; its content is kept')
    parser.add_argument(
        '--scene-cut',
        type=float,
        default=0.4,
        help='score of a cut, 0 to 1.4 (default: 0.4)',
    )
    parser.add_argument(
        '--min-frames',
        type=int,
        default=2,
        help='leave out shorter shots (default: 2)',
    )
    parser.add_argument(
        '--short-size', type=int, metavar='PX', help='shrink frames'
    )
    parser.add_argument('--quality', type=int, default=95, help='of the jpgs')


def run(args: argparse.Namespace) -> int:
    """Split, say what came of each video; return the exit status."""
    from mmssl.flow.shots import split_shots

    try:
        shots = split_shots(
            args.input,
            args.out,
            scene_cut=args.scene_cut,
            min_frames=args.min_frames,
            short_size=args.short_size,
            quality=args.quality,
        )
    except (OSError, ValueError) as error:
        return fail(error)
    print(f'{len(shots)} shots in {args.out}')
    return 0
