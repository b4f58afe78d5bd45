"""Convert published checkpoints to mmssl: CMP, DINO, SCRL, BYOL, SOLIDER.

Also ViTs and Swins in the names of timm and Microsoft. Prints what became of
every key. Loading SRC executes nothing of it, unless --trust is given and SRC
cannot be read otherwise.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmssl.commands.common import add_position_options, fail
from mmssl.version import __version__

if TYPE_CHECKING:
    from mmssl.checkpoints.conversion import Conversion

EXAMPLES = """\
examples:
  {prog} resnet50_cmp_caffe.pth cmp_r50.pth
  {prog} scrl_1000ep.pth scrl_r50.pth
  {prog} swin_tiny_teacher.pth solider_swin-t.pth
  {prog} dino_deitsmall16_pretrain.pth dino_vit-s.pth
  {prog} --method timm swin_tiny_patch4_window7_224.pth swin-t_in1k.pth
"""
# mmssl.checkpoints.published has the same; importing it imports torch.
ARCHS = (
    *('alexnet', 'resnet101', 'resnet50'),
    *('swin_base', 'swin_small', 'swin_tiny'),
    *('vit_base', 'vit_small', 'vit_tiny'),
)
METHODS = ('cmp', 'dino', 'scrl', 'solider', 'timm')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add SRC DST and the encoder that is expected."""
    parser.add_argument('src', type=Path, help='published file')
    parser.add_argument('dst', type=Path, help='file to write (.pth)')
    parser.add_argument(
        '--method',
        choices=('auto', *METHODS),
        default='auto',
        help='refuse files of another method; scrl has those of BYOL, too, '
        'solider those of its DINO stage, timm those of Microsoft '
        '(default: %(default)s, seen from the names in SRC)',
    )
    parser.add_argument(
        '--arch',
        choices=('auto', *ARCHS),
        default='auto',
        help='refuse files of another encoder (default: %(default)s)',
    )
    add_position_options(parser)
    parser.add_argument(
        '--trust',
        action='store_true',
        help='if SRC is refused, read it as a program and RUN what it says; '
        'only for files whose makers you trust',
    )


def run(args: argparse.Namespace) -> int:
    """Convert one file; return the exit status."""
    from mmssl.checkpoints.atomic import write_checkpoint
    from mmssl.checkpoints.pickle_globals import CheckpointError
    from mmssl.checkpoints.published import convert_published
    from mmssl.checkpoints.resized_conversion import resized_conversion

    if args.src.resolve() == args.dst.resolve():
        return fail(f'DST would overwrite SRC, {args.src}')
    if not args.dst.parent.is_dir():
        return fail(f'the folder of DST does not exist: {args.dst.parent}')
    try:
        checkpoint = _read(args.src, args.trust)
        conversion = resized_conversion(
            convert_published(checkpoint, args.method, args.arch),
            args.window_size,
            args.img_size,
        )
    except (OSError, CheckpointError, ValueError) as error:
        return fail(f'{args.src}: {error}')
    print(report(conversion))
    meta = {
        **conversion.meta,
        'source': f'published {conversion.method}, {args.src.name}',
        'mmssl_version': __version__,
    }
    try:
        write_checkpoint(
            {'state_dict': conversion.state_dict, 'meta': meta}, args.dst
        )
    except CheckpointError as error:
        return fail(error)
    print(f'wrote {args.dst}')
    return 0


def _read(src: Path, trust: bool) -> Any:
    """Read a published file; as a program only if nothing else helps."""
    from mmssl.checkpoints.pickle_globals import CheckpointError
    from mmssl.checkpoints.safe_load import load_checkpoint
    from mmssl.checkpoints.trusted import load_trusted

    try:
        return load_checkpoint(src)
    except CheckpointError as error:
        if trust:
            return load_trusted(src)
        raise CheckpointError(
            f'{error}. Or, if you trust its makers: --trust'
        ) from None


def report(conversion: Conversion) -> str:
    """Return one line for each entry of the published file."""
    width = max(len(key) for key in conversion.renamed)
    lines = [
        f'{old:{width}} -> {new}' for old, new in conversion.renamed.items()
    ]
    lines += [
        f'{entry}: not converted ({why})'
        for entry, why in conversion.dropped.items()
    ]
    lines.append(
        f'{conversion.summary}: {len(conversion.renamed)} tensors converted, '
        '0 lost'
    )
    lines += [f'note: {note}' for note in conversion.notes]
    return '\n'.join(lines)
