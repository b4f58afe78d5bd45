"""Show what the network sees: guidance and flow, or views and boxes.

With --checkpoint also what it makes of them: parts of bodies, features.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmssl.commands.common import add_cfg_options, add_config, fail

EXAMPLES = """\
examples:
  {prog} CONFIG --split val --number 4 --output pictures
  {prog} CONFIG --checkpoint epoch_20.pth --number 6
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add CONFIG and what to show of it."""
    add_config(parser)
    parser.add_argument(
        '--split',
        choices=('train', 'val', 'test'),
        default='train',
        help='which data (default: train)',
    )
    parser.add_argument(
        '--number', type=int, default=8, help='samples to show (default: 8)'
    )
    parser.add_argument(
        '--columns', type=int, help='samples side by side (default: 1 or 2)'
    )
    parser.add_argument(
        '--seed', type=int, default=0, help='seed of the sampler (default: 0)'
    )
    parser.add_argument(
        '--output',
        type=Path,
        default=Path('work_dirs/browse'),
        help='folder of the PNG (default: work_dirs/browse)',
    )
    parser.add_argument(
        '--checkpoint',
        help='also draw what its backbone makes of the first views: coloured '
        'features, with a config of SOLIDER part labels and masked inputs',
    )
    parser.add_argument(
        '--semantic-weight',
        type=float,
        nargs='+',
        default=[0.0, 0.5, 1.0],
        metavar='LAMBDA',
        help='of the coloured features (default: 0 0.5 1)',
    )
    add_cfg_options(parser, 'train_dataloader.dataset.data_root=data/mine')


def run(args: argparse.Namespace) -> int:
    """Write one PNG and say where it is; return the exit status."""
    from PIL import Image

    from mmssl.apis.browse import browse
    from mmssl.checkpoints.pickle_globals import CheckpointError
    from mmssl.engine.config_options import change_config
    from mmssl.engine.run_config import load_config

    try:
        config = load_config(args.config)
        change_config(config, args.cfg_options)
        image = browse(
            config,
            args.split,
            args.number,
            args.columns,
            args.seed,
            args.checkpoint,
            args.semantic_weight,
        )
        args.output.mkdir(parents=True, exist_ok=True)
        path = args.output / f'{Path(args.config).stem}_{args.split}.png'
        Image.fromarray(image).save(path)
    except (CheckpointError, OSError, ValueError) as error:
        return fail(error)
    print(f'wrote {path}')
    return 0
