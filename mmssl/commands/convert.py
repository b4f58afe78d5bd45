"""Convert published CMP checkpoints and encoders to mmssl.

Prints what became of every key. Loading SRC executes nothing of it.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mmssl.commands.common import fail
from mmssl.version import __version__

if TYPE_CHECKING:
    from mmssl.checkpoints.cmp_official import Conversion

EXAMPLES = """\
examples:
  {prog} resnet50_cmp_caffe.pth cmp_r50.pth
"""
# mmssl.checkpoints.cmp_official has the same; importing it imports torch.
ARCHS = ('alexnet', 'resnet50')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add SRC DST and the encoder that is expected."""
    parser.add_argument('src', type=Path, help='published file')
    parser.add_argument('dst', type=Path, help='file to write (.pth)')
    parser.add_argument(
        '--arch',
        choices=('auto', *ARCHS),
        default='auto',
        help='refuse files of another encoder (default: %(default)s)',
    )


def run(args: argparse.Namespace) -> int:
    """Convert one file; return the exit status."""
    import torch

    from mmssl.checkpoints.cmp_official import convert_cmp_checkpoint
    from mmssl.checkpoints.pickle_globals import CheckpointError
    from mmssl.checkpoints.safe_load import load_checkpoint

    if args.src.resolve() == args.dst.resolve():
        return fail(f'DST would overwrite SRC, {args.src}')
    if not args.dst.parent.is_dir():
        return fail(f'the folder of DST does not exist: {args.dst.parent}')
    try:
        checkpoint = load_checkpoint(args.src)
        conversion = convert_cmp_checkpoint(checkpoint, args.arch)
    except (OSError, CheckpointError, ValueError) as error:
        return fail(f'{args.src}: {error}')
    print(report(conversion))
    meta = {
        **conversion.meta,
        'source': f'published CMP, {args.src.name}',
        'mmssl_version': __version__,
    }
    torch.save({'state_dict': conversion.state_dict, 'meta': meta}, args.dst)
    print(f'wrote {args.dst}')
    return 0


def report(conversion: Conversion) -> str:
    """Return one line for each entry of the published file."""
    meta = conversion.meta
    width = max(len(key) for key in conversion.renamed)
    lines = [
        f'{old:{width}} -> {new}' for old, new in conversion.renamed.items()
    ]
    lines += [
        f'{entry}: not converted ({why})'
        for entry, why in conversion.dropped.items()
    ]
    lines.append(
        f'{meta["kind"]} checkpoint, {meta["arch"]}'
        + (f', {meta["decoder"]} decoder' if meta['decoder'] else '')
        + f': {len(conversion.renamed)} tensors converted, 0 lost'
    )
    return '\n'.join(lines)
