"""Write generated pictures of people, with masks of head, upper, lower body.

For a first look at DINO and SOLIDER without data:

    python tools/misc/toy_people.py data/demo_people --number 640
    mmssl train mmssl::solider/solider_swin_cpu-demo.py

OUT/images has the pictures, OUT/masks the index masks of the parts (0 is
background), OUT/labels.json their names.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmssl.testing.toy_people import make_toy_people


def main(argv: list[str] | None = None) -> None:
    """Write them."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument('out', type=Path, help='folder')
    parser.add_argument('--number', type=int, default=640)
    parser.add_argument(
        '--height', type=int, default=160, help='px, least (default: 160)'
    )
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args(argv)
    sizes = [
        (round(args.height * share), round(args.height * share * aspect))
        for share, aspect in ((1.0, 0.47), (1.1, 0.42), (1.2, 0.5))
    ]
    make_toy_people(args.out, args.number, sizes, seed=args.seed)
    print(f'wrote {args.number} pictures and masks to {args.out}')


if __name__ == '__main__':
    main()
