"""Write the features of all images below a folder.

Any checkpoint: of DINO, SOLIDER, SCRL, BYOL, CMP, an exported backbone, a
published file. Pooled features are float32; --dense also keeps the maps. The
images go in the order of their names, a shard of some 64 MB after the other.
The same command again goes on where the run was stopped.

From Python: mmssl.apis.read_features(OUT) reads them back.
"""

from __future__ import annotations

import argparse
import sys

from mmssl.commands.common import fail

EXAMPLES = """\
examples:
  {prog} photos --checkpoint epoch_100.pth --out features
  {prog} people --checkpoint solider.pth --size 256 128 --out features \\
      --semantic-weight 0 0.5 1 --dense --format safetensors
  {prog} data --list train.txt --checkpoint backbone.pth --out features
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add PHOTOS, the checkpoint, the output and the options."""
    parser.add_argument('photos', help='folder, searched with its sub-folders')
    parser.add_argument(
        '--checkpoint', required=True, help='whose backbone is used'
    )
    parser.add_argument(
        '--config',
        help='config that it was trained with: sizes, and the backbone where '
        'the file does not tell',
    )
    parser.add_argument('--out', required=True, help='folder to write')
    _add_backbone(parser)
    _add_images(parser)
    _add_files(parser)


def _add_backbone(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('features')
    group.add_argument(
        '--part',
        choices=('auto', 'student', 'teacher'),
        default='auto',
        help='of the checkpoint; auto: the teacher of DINO and SOLIDER, else '
        'the student (%(default)s)',
    )
    group.add_argument(
        '--semantic-weight',
        type=float,
        nargs='+',
        metavar='LAMBDA',
        help='0: appearance ... 1: meaning; several give each image as many '
        "rows (default: the backbone's own)",
    )
    group.add_argument(
        '--stage',
        type=int,
        default=-1,
        help="which of the backbone's outputs (%(default)s: the last)",
    )
    group.add_argument(
        '--normalize',
        action='store_true',
        help='divide each vector, of each cell too, by its length',
    )
    group.add_argument(
        '--device', default='auto', help='auto, cpu, cuda, ... (%(default)s)'
    )
    group.add_argument(
        '--precision',
        choices=('bf16', 'fp16', 'fp32'),
        default='fp32',
        help='of the backbone (%(default)s)',
    )
    group.add_argument(
        '--batch-size', type=int, default=32, metavar='N', help='(%(default)s)'
    )


def _add_images(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('images')
    group.add_argument(
        '--list',
        nargs='+',
        default=[],
        metavar='FILE',
        help='text files with a path below PHOTOS in each line: these only',
    )
    group.add_argument(
        '--size',
        type=int,
        nargs='+',
        metavar='PX',
        help='side, or height and width, at which they are seen (default: as '
        'the config says, else 224)',
    )
    group.add_argument(
        '--fit',
        choices=('auto', 'crop', 'stretch'),
        default='auto',
        help='stretch the whole image, or crop its centre (auto: squares are '
        'cropped)',
    )
    group.add_argument(
        '--workers',
        type=int,
        default=2,
        help='processes that read images (%(default)s)',
    )


def _add_files(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('files')
    group.add_argument(
        '--format',
        choices=('npz', 'safetensors'),
        default='npz',
        help='of the shards (%(default)s)',
    )
    group.add_argument(
        '--dense', action='store_true', help='also keep the maps'
    )
    group.add_argument(
        '--dtype',
        choices=('float16', 'float32'),
        default='float16',
        help='of the maps (%(default)s)',
    )
    group.add_argument(
        '--shard-size',
        type=int,
        metavar='N',
        help='images of a shard (default: some 64 MB)',
    )


def run(args: argparse.Namespace) -> int:
    """Write the features, tell what was done; return the exit status."""
    from mmssl.apis.feature_extractor import FeatureExtractor
    from mmssl.apis.feature_files import write_features
    from mmssl.checkpoints.pickle_globals import CheckpointError

    if args.size is not None and len(args.size) > 2:
        return fail(f'--size takes one or two numbers, got {args.size}')
    size = args.size[0] if args.size and len(args.size) == 1 else args.size
    try:
        extractor = FeatureExtractor(
            args.config,
            args.checkpoint,
            args.device,
            part=args.part,
            size='config' if size is None else size,
            fit=args.fit,
            stage=args.stage,
            normalize=args.normalize,
            precision=args.precision,
            batch_size=args.batch_size,
        )
        print(
            f'{extractor.name} ({extractor.part}) on {extractor.device}; '
            f'images: {extractor.fit.text()}',
            file=sys.stderr,
        )
        report = write_features(
            extractor,
            args.photos,
            args.out,
            lists=args.list,
            kind=args.format,
            dense=args.dense,
            dtype=args.dtype,
            semantic_weights=args.semantic_weight,
            shard_size=args.shard_size,
            workers=args.workers,
            stream=sys.stderr,
        )
    except (CheckpointError, ImportError, OSError, ValueError) as error:
        return fail(error)
    except KeyboardInterrupt:
        print('stopped; the same command goes on', file=sys.stderr)
        return 130
    print(report.text())
    return 1 if report.images == len(report.unreadable) else 0
