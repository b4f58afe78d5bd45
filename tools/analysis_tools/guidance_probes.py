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

from mmengine.config import Config

from mmssl.apis.guidance_probes import run_probes, with_given
from mmssl.apis.inference import fit_image, load_model
from mmssl.evaluation.probe_points import guess_points
from mmssl.io.images import read_rgb


def point(text: str) -> tuple[int, int]:
    """Read ``x,y``."""
    try:
        x, y = (int(part) for part in text.split(','))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f'a point is two whole numbers x,y; got {text!r}'
        ) from None
    return x, y


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('config', help='config of the model')
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
        '--parts', type=int, default=4, help='points to guess on the object'
    )
    parser.add_argument(
        '--speed', type=float, default=10.0, help='length of the vectors, px'
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='of the directions'
    )
    parser.add_argument('--device', default='cpu')
    parser.add_argument(
        '--output', type=Path, default=Path('work_dirs/guidance_probes')
    )
    return parser.parse_args()


def main() -> None:
    """Run the probes and write figure and numbers."""
    args = parse_args()
    config = Config.fromfile(args.config)
    image = fit_image(config, read_rgb(args.image))
    points = with_given(
        guess_points(image, args.parts),
        args.points,
        args.pair,
        args.background,
    )
    model = load_model(config, args.checkpoint, args.device)
    run = run_probes(model, image, points, args.speed, args.seed)
    paths = run.save(
        args.output,
        config=args.config,
        checkpoint=args.checkpoint,
        picture=str(args.image),
        speed_px=args.speed,
        seed=args.seed,
    )
    for path in paths:
        print(f'wrote {path}')


if __name__ == '__main__':
    main()
