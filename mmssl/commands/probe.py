"""Judge the features of a checkpoint by a classifier on the frozen backbone.

linear: images, pooled features.  roi: ground-truth boxes, RoI features.
knn: either, without training.  parsing: images with index masks, each cell of
the maps.  keypoints: people of a COCO file, linear functions of the maps.
identity: people seen by several cameras, without training. Any checkpoint: of
SCRL, BYOL, CMP, an exported backbone, torchvision's ResNets, mmpretrain's and
mmdet's models.

--fast extracts the features once and fits the classifiers on them (minutes on
a CPU for some hundred images); --full trains the head by the published recipe
of configs/probes, which wants a GPU and many images.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

from mmssl.commands.common import (
    add_cfg_options,
    add_launcher,
    add_processes,
    fail,
    run_in_processes,
    set_local_rank,
)
from mmssl.commands.parsing_arguments import (
    add_parsing_arguments,
    refuse_parsing_options,
    run_parsing,
    single_size,
)
from mmssl.commands.people_arguments import PEOPLE, run_people

EXAMPLES = """\
examples:
  {prog} linear iter_20000.pth --data photos --beside-random
  {prog} roi epoch_200.pth --data train.json --images train --val val.json \\
      --val-images val --fast
  {prog} knn resnet50.pth --data photos/train --val photos/val -k 20
  {prog} roi CHECKPOINT --data coco.json --images coco --fpn --processes 8
  {prog} parsing epoch_10.pth --part teacher --data images --masks parsing \\
      --classes labels.json --groups people --semantic-weights 0 0.5 1 \\
      --beside-random --seeds 3 --out parsing.json
  {prog} keypoints epoch_10.pth --data person_keypoints_train2017.json \\
      --images train2017 --beside-random
  {prog} identity epoch_10.pth --data market1501 --beside-random
"""

# Options that are fields of ProbeOptions.
_OPTIONS = (
    'part',
    'backbone',
    'config',
    'fpn',
    'semantic_weight',
    'size',
    'statistics',
    'k',
    'temperature',
    'l2',
    'seed',
    'workers',
    'device',
    'batch_size',
    'work_dir',
    'resume',
    'cfg_options',
    'launcher',
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add PROTOCOL CHECKPOINT, the data and the options."""
    parser.add_argument(
        'protocol',
        choices=('identity', 'keypoints', 'knn', 'linear', 'parsing', 'roi'),
    )
    parser.add_argument('checkpoint', help='whose backbone is judged')
    _add_data(parser)
    _add_backbone(parser)
    _add_classifier(parser)
    add_parsing_arguments(parser)
    _add_training(parser)


def _add_data(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('data')
    group.add_argument(
        '--data',
        required=True,
        help='folder with a sub-folder for each class (or train and val with '
        'these), or a COCO json file; mmssl yolo makes one of YOLO labels; '
        'identity: folder laid out as Market-1501',
    )
    group.add_argument(
        '--val', help='the same for validation (default: see --val-share)'
    )
    group.add_argument(
        '--images', help="folder of the json's images (where it lies)"
    )
    group.add_argument('--val-images', help='the same of --val')
    group.add_argument(
        '--val-share',
        type=float,
        default=0.2,
        help='without --val: share of the images held back (%(default)s)',
    )
    group.add_argument(
        '--size',
        type=int,
        nargs='+',
        metavar='PX',
        help='side of the crops (224); roi: short side (800, --fast 320); '
        'parsing, identity, keypoints: height and width (256 128; keypoints '
        '256 192)',
    )
    group.add_argument('--workers', type=int, help='that load data')


def _add_backbone(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('backbone')
    group.add_argument(
        '--part',
        choices=('student', 'teacher'),
        default='student',
        help='of the checkpoint (%(default)s)',
    )
    known = group.add_mutually_exclusive_group()
    known.add_argument(
        '--backbone',
        help='what it is, where the checkpoint does not tell: resnet50, ...',
    )
    known.add_argument('--config', help='config that it was trained with')
    group.add_argument(
        '--fpn',
        action='store_true',
        help='roi: on its feature pyramid, all levels side by side',
    )
    group.add_argument(
        '--semantic-weight',
        type=float,
        metavar='LAMBDA',
        help="of SOLIDER's backbones, 0 to 1 (the checkpoint's default)",
    )
    group.add_argument(
        '--statistics',
        choices=('batch', 'running'),
        help="of batch normalisation: the data's or the checkpoint's "
        '(roi: batch, else running)',
    )
    group.add_argument(
        '--beside-random',
        action='store_true',
        help='also judge the backbone with random weights',
    )


def _add_classifier(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('classifiers')
    speed = group.add_mutually_exclusive_group()
    speed.add_argument(
        '--fast',
        action='store_true',
        default=None,
        help='on features that are extracted once (default without a GPU, or '
        'with fewer than 10,000 training images)',
    )
    speed.add_argument(
        '--full',
        dest='fast',
        action='store_false',
        help='train the published recipe (default otherwise)',
    )
    group.add_argument(
        '-k', type=int, default=20, help='neighbours (%(default)s)'
    )
    group.add_argument(
        '--temperature',
        type=float,
        default=0.07,
        help='of their votes (%(default)s)',
    )
    group.add_argument(
        '--l2',
        type=float,
        help='penalty of the fast linear classifier (default: chosen on a '
        'fifth of the training images)',
    )
    group.add_argument(
        '--seed', type=int, default=0, help='of what is random (%(default)s)'
    )
    group.add_argument(
        '--device', default='auto', help='of --fast (%(default)s)'
    )
    group.add_argument('--out', help='also write everything to this .json')


def _add_training(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('training of the head (--full)')
    group.add_argument(
        '--work-dir',
        default='work_dirs/probe',
        help='folder of logs and checkpoints (%(default)s)',
    )
    group.add_argument(
        '--resume', action='store_true', help='go on where it was stopped'
    )
    group.add_argument(
        '--batch-size',
        type=int,
        metavar='N',
        help='images of a step and process; the rate goes with it',
    )
    add_cfg_options(parser, 'train_cfg.max_epochs=20')
    add_processes(parser)
    add_launcher(parser)


def run(args: argparse.Namespace) -> int:
    """Probe, print the table; return the exit status."""
    status = run_in_processes(args, 'probe')
    if status is not None:
        return status
    from mmssl.checkpoints.pickle_globals import CheckpointError
    from mmssl.engine.run_config import LaunchError
    from mmssl.io.errors import BadDataError, DataFileError, plain_text

    set_local_rank(args)
    try:
        result = _result(args)
    except (BadDataError, DataFileError) as error:
        return fail(plain_text(error))
    except (CheckpointError, FileNotFoundError, LaunchError) as error:
        return fail(error)
    except ValueError as error:
        if not str(error).strip():
            raise
        return fail(plain_text(error))
    if int(os.environ.get('RANK', '0')) == 0:  # the group has ended
        print(result.table())
        print(f'{result.seconds:.0f} s')
        if args.out:
            try:
                print(f'wrote {result.save(args.out)}')
            except OSError as error:
                return fail(f'{args.out} could not be written: {error}')
    return 0


def _result(args: argparse.Namespace) -> Any:
    """Run the probe that is asked for."""
    if args.protocol == 'parsing':
        return run_parsing(args)
    if args.protocol in PEOPLE:
        return run_people(args)
    from mmssl.apis.probe import ProbeOptions, probe

    refuse_parsing_options(args)
    names: dict[str, Any] = {name: getattr(args, name) for name in _OPTIONS}
    names['size'] = single_size(args.size)
    return probe(
        args.protocol,
        args.checkpoint,
        args.data,
        val=args.val,
        images=args.images,
        val_images=args.val_images,
        val_share=args.val_share,
        fast=args.fast,
        beside_random=args.beside_random,
        options=ProbeOptions(**names),
    )
