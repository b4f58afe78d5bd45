"""Split videos at their scene cuts into folders of frames, one for each shot.

    python tools/dataset_converters/split_shots.py IN OUT

For few long videos: videos_to_flow.py splits training from validation by
video, and takes the folders written here as videos.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mmssl.flow.shots import split_shots


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
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
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Split, and say what came of each video."""
    args = parse_args(argv)
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
        print(f'error: {error}', file=sys.stderr)
        return 1
    print(f'{len(shots)} shots in {args.out}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
