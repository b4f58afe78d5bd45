"""Convert published CMP checkpoints and encoders to mmssl.

    python tools/model_converters/cmp_official.py SRC DST [--arch auto]

Prints what became of every key. Loading SRC executes nothing of it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from mmssl.checkpoints.cmp_official import (
    ARCHS,
    Conversion,
    convert_cmp_checkpoint,
)
from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.safe_load import load_checkpoint
from mmssl.version import __version__


def parse_args(argv: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('src', type=Path, help='published file')
    parser.add_argument('dst', type=Path, help='file to write (.pth)')
    parser.add_argument(
        '--arch',
        choices=('auto', *ARCHS),
        default='auto',
        help='refuse files of another encoder (default: %(default)s)',
    )
    args = parser.parse_args(argv)
    if args.src.resolve() == args.dst.resolve():
        parser.error(f'DST would overwrite SRC, {args.src}')
    if not args.dst.parent.is_dir():
        parser.error(f'the folder of DST does not exist: {args.dst.parent}')
    return args


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


def main(argv: Sequence[str] | None = None) -> None:
    """Convert one file."""
    args = parse_args(argv)
    try:
        checkpoint = load_checkpoint(args.src)
        conversion = convert_cmp_checkpoint(checkpoint, args.arch)
    except (OSError, CheckpointError, ValueError) as error:
        raise SystemExit(f'{args.src}: {error}') from error
    print(report(conversion))
    meta = {
        **conversion.meta,
        'source': f'published CMP, {args.src.name}',
        'mmssl_version': __version__,
    }
    torch.save({'state_dict': conversion.state_dict, 'meta': meta}, args.dst)
    print(f'wrote {args.dst}')


if __name__ == '__main__':
    main()
