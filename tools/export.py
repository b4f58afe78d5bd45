"""Write the backbone of a checkpoint for other projects.

python tools/export.py [CONFIG] CHECKPOINT OUT --layout mm|timm|torchvision
"""

from __future__ import annotations

import argparse
import sys

from mmssl.checkpoints.export import export_backbone
from mmssl.checkpoints.layouts import LAYOUTS
from mmssl.checkpoints.pickle_globals import CheckpointError


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description='Write the backbone alone, in the names and the channel '
        'order of another library, and check that it fits there.',
    )
    parser.add_argument(
        'config',
        nargs='?',
        help='config of the checkpoint; needed only for backbones other than '
        'ResNet, Swin and VGG',
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
        '--prefix',
        default='backbone.',
        help="beginning of the backbone's names (default: backbone.)",
    )
    parser.add_argument(
        '--out-prefix',
        help="beginning of the names written (default: none; 'backbone.' for "
        "a Swin in layout mm, which mmdet's loader wants)",
    )
    parser.add_argument(
        '--check',
        nargs='+',
        default=[],
        metavar='CONFIG',
        help='also load the file into these downstream models, e.g. '
        'mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py',
    )
    return parser.parse_args()


def main() -> None:
    """Export, print the report, and check downstream."""
    args = parse_args()
    try:
        report = export_backbone(
            args.checkpoint,
            args.out,
            layout=args.layout,
            config=args.config,
            prefix=args.prefix,
            out_prefix=args.out_prefix,
        )
        print(report or f'{args.out}: written; {args.layout} is not installed')
        if args.check:
            from mmssl.checkpoints.downstream_check import check_downstream
        for config in args.check:
            print(check_downstream(args.out, config))
    except (CheckpointError, ImportError, OSError, ValueError) as error:
        sys.exit(f'error: {error}')


if __name__ == '__main__':
    main()
