"""Write the backbone of a checkpoint for other projects.

The backbone alone, of student or teacher (with its feature pyramid: --fpn),
in the names and the channel order of another library; where that library is
installed, it is checked that it fits there. A backbone that follows lambda
goes out as it is, or, with --semantic-weight, as a plain one. What to write
into a config is printed.
"""

from __future__ import annotations

import argparse

from mmssl.commands.common import add_position_options, fail

EXAMPLES = """\
examples:
  {prog} work_dirs/a/iter_20000.pth backbone.pth
  {prog} iter_20000.pth backbone.safetensors --layout timm
  {prog} epoch_200.pth teacher.pth --part teacher
  {prog} epoch_200.pth detector.pth --fpn
  {prog} epoch_100.pth reid.pth --part teacher --semantic-weight 0.2
  {prog} epoch_100.pth big.pth --window-size 12
  {prog} iter_20000.pth backbone.pth --check \\
      mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py
"""
# mmssl.checkpoints.layouts has the same; importing it would import torch.
LAYOUTS = ('mm', 'timm', 'torchvision')
PARTS = ('student', 'teacher')  # those of mmssl.checkpoints.parts


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add [CONFIG] CHECKPOINT OUT and the options."""
    parser.add_argument(
        'config',
        nargs='?',
        help='config of the checkpoint; needed only for backbones other than '
        'ResNet, Swin, VGG and ViT',
    )
    parser.add_argument('checkpoint', help='checkpoint of mmssl')
    parser.add_argument('out', help='file ending in .pth or .safetensors')
    parser.add_argument(
        '--layout',
        choices=LAYOUTS,
        default='mm',
        help='mm: mmpretrain, mmdet, mmseg, mmpose (default)',
    )
    parser.add_argument(
        '--part',
        choices=PARTS,
        default='student',
        help='which backbone, where a method has two: the trained one, or '
        'its momentum average (default: %(default)s)',
    )
    parser.add_argument(
        '--prefix',
        help="beginning of the backbone's names in a checkpoint with other "
        'names than backbone. and teacher.backbone.',
    )
    parser.add_argument(
        '--fpn',
        action='store_true',
        help="also the pretrained feature pyramid, in mmdet's names: one "
        'file for backbone and neck of a detector',
    )
    parser.add_argument(
        '--out-prefix',
        help="beginning of the names written (default: none; 'backbone.' for "
        "a Swin in layout mm, which mmdet's loader wants)",
    )
    parser.add_argument(
        '--semantic-weight',
        type=float,
        metavar='LAMBDA',
        help='fold this lambda (0 appearance .. 1 semantics) into a plain '
        'backbone, which needs no mmssl (default: lambda stays adjustable)',
    )
    add_position_options(parser)
    parser.add_argument(
        '--check',
        nargs='+',
        default=[],
        metavar='CONFIG',
        help='also load the file into these downstream models, e.g. '
        'mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py',
    )


def run(args: argparse.Namespace) -> int:
    """Export, print the report, check downstream; return the exit status."""
    from mmssl.checkpoints.export import export_backbone
    from mmssl.checkpoints.pickle_globals import CheckpointError

    try:
        report = export_backbone(
            args.checkpoint,
            args.out,
            layout=args.layout,
            config=args.config,
            part=args.part,
            prefix=args.prefix,
            out_prefix=args.out_prefix,
            fpn=args.fpn,
            semantic_weight=args.semantic_weight,
            window_size=args.window_size,
            img_size=args.img_size,
        )
        print(report or f'{args.out}: written; {args.layout} is not installed')
        print(_usage(args.out))
        if args.check:
            from mmssl.checkpoints.downstream_check import check_downstream
        for config in args.check:
            print(check_downstream(args.out, config))
    except (CheckpointError, ImportError, OSError, ValueError) as error:
        return fail(error)
    return 0


def _usage(out: str) -> str:
    """Return what the file's own description says of its use."""
    import json
    from pathlib import Path

    from mmssl.checkpoints.export_usage import usage_of

    beside = json.loads(Path(f'{out}.json').read_text())
    return usage_of(beside['meta'], out)
