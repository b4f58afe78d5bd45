"""Show what the network sees: image with guidance, flow, guidance map."""

from __future__ import annotations

import argparse
from pathlib import Path

from mmengine.config import Config, DictAction
from PIL import Image

from mmssl.apis.browse import browse


def parse_args() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument(
        '--split', choices=('train', 'val', 'test'), default='train'
    )
    parser.add_argument(
        '--number', type=int, default=8, help='samples to show'
    )
    parser.add_argument(
        '--columns', type=int, help='samples side by side; default 1 or 2'
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='seed of the sampler'
    )
    parser.add_argument(
        '--output',
        type=Path,
        default=Path('work_dirs/browse'),
        help='folder of the PNG',
    )
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='settings to change, key=value',
    )
    return parser.parse_args()


def main() -> None:
    """Write one PNG and say where it is."""
    args = parse_args()
    config = Config.fromfile(args.config)
    if args.cfg_options:
        config.merge_from_dict(args.cfg_options)
    image = browse(config, args.split, args.number, args.columns, args.seed)
    args.output.mkdir(parents=True, exist_ok=True)
    path = args.output / f'{Path(args.config).stem}_{args.split}.png'
    Image.fromarray(image).save(path)
    print(f'wrote {path}')


if __name__ == '__main__':
    main()
