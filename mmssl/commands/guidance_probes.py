"""Ask a trained CMP what it makes of guidance that makes no sense.

Probes of the paper's supplement: (a) an arbitrary vector on one point, (b)
random vectors on several parts, (c) two contradictory vectors on one rigid
part, (d) an outlier on the background. Writes probes.png and probes.json.

Points are x,y in the picture as the network sees it (after the resize and
crop of the validation pipeline); those not given are guessed: the object is
what differs from the colours along the border, near the middle.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmssl.commands.common import add_config, fail

EXAMPLES = """\
examples:
  {prog} CONFIG iter_20000.pth picture.jpg --points 60,40 90,50 --speed 8
"""


def point(text: str) -> tuple[int, int]:
    """Read ``x,y``.

    Example:
        >>> point('10,20')
        (10, 20)
    """
    try:
        x, y = (int(part) for part in text.split(','))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f'a point is two whole numbers x,y; got {text!r}'
        ) from None
    return x, y


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add CONFIG CHECKPOINT IMAGE and where to put the vectors."""
    add_config(parser)
    parser.add_argument('checkpoint', help='its weights')
    parser.add_argument('image', type=Path, help='picture to try')
    parser.add_argument(
        '--points',
        nargs='+',
        type=point,
        metavar='X,Y',
        help='on parts of the object: (a) takes the first, (b) and (d) all',
    )
    parser.add_argument(
        '--pair',
        nargs=2,
        type=point,
        metavar='X,Y',
        help='two points on one rigid part, for (c)',
    )
    parser.add_argument(
        '--background',
        nargs=1,
        type=point,
        metavar='X,Y',
        help='where the outlier goes, for (d)',
    )
    parser.add_argument(
        '--parts', type=int, default=4, help='points to guess (%(default)s)'
    )
    parser.add_argument(
        '--speed',
        type=float,
        default=10.0,
        help='length of the vectors, px (%(default)s)',
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of the directions (%(default)s)'
    )
    parser.add_argument(
        '--device', default='cpu', help='cpu, cuda, ... (%(default)s)'
    )
    parser.add_argument(
        '--output',
        type=Path,
        default=Path('work_dirs/guidance_probes'),
        help='folder of figure and numbers (%(default)s)',
    )


def run(args: argparse.Namespace) -> int:
    """Write figure and numbers; return the exit status."""
    from mmssl.checkpoints.pickle_globals import CheckpointError

    try:
        paths = _probe(args)
    except (CheckpointError, OSError, ValueError) as error:
        return fail(error)
    for path in paths:
        print(f'wrote {path}')
    return 0


def _probe(args: argparse.Namespace) -> tuple[Path, Path]:
    """Run the probes; return what was written."""
    from mmssl.apis.guidance_probes import run_probes, with_given
    from mmssl.apis.inference import fit_image, load_model
    from mmssl.engine.run_config import load_config
    from mmssl.evaluation.probe_points import guess_points
    from mmssl.io.images import read_rgb

    config = load_config(args.config)
    image = fit_image(config, read_rgb(args.image))
    points = with_given(
        guess_points(image, args.parts),
        args.points,
        args.pair,
        args.background,
    )
    model = load_model(config, args.checkpoint, args.device)
    run = run_probes(model, image, points, args.speed, args.seed)
    return run.save(
        args.output,
        config=args.config,
        checkpoint=args.checkpoint,
        picture=str(args.image),
        speed_px=args.speed,
        seed=args.seed,
    )
