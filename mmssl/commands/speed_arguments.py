"""Arguments for speed and memory, of train and of the profile."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmssl.engine.speed_options import SpeedOptions


def add_speed(parser: argparse.ArgumentParser) -> None:
    """Add an argument for each field of ``SpeedOptions``."""
    group = parser.add_argument_group('speed and memory')
    group.add_argument(
        '--precision',
        choices=('fp32', 'bf16', 'fp16'),
        help='of the forward pass (default: as the config says)',
    )
    group.add_argument(
        '--channels-last',
        action='store_true',
        help='keep maps with the channels innermost',
    )
    group.add_argument(
        '--compile',
        action='store_true',
        help='torch.compile for the parts of the network',
    )
    group.add_argument(
        '--grad-checkpoint',
        action='store_true',
        help='make activations of the backbone again instead of keeping them',
    )
    group.add_argument(
        '--accumulate',
        type=int,
        metavar='N',
        help='step the optimiser after every N batches',
    )
    group.add_argument(
        '--optimizer-loop',
        choices=('for-loop', 'foreach', 'fused'),
        help="how the optimiser goes through the weights (torch's choice)",
    )


def speed_options(args: argparse.Namespace) -> SpeedOptions:
    """Return the parsed arguments as options."""
    from mmssl.engine.speed_options import SpeedOptions

    return SpeedOptions(
        **{name: getattr(args, name) for name in SpeedOptions._fields}
    )
