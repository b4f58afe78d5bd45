"""The options of mmssl probe parsing, and its call."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

# Options of this protocol alone, with what they are where not given.
PARSING_OPTIONS: dict[str, Any] = dict(
    masks=None,
    val_masks=None,
    classes=None,
    groups=None,
    ignore_index=[255],
    semantic_weights=None,
    stages=None,
    crops=None,
    max_cells=20_000,
    max_images=2000,
    seeds=1,
)
# Options of the other protocols, with what they are where not given.
OTHER_OPTIONS: dict[str, Any] = dict(
    fpn=False,
    images=None,
    val_images=None,
    resume=False,
    batch_size=None,
    cfg_options=None,
    launcher='none',
)


def add_parsing_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of parsing alone."""
    group = parser.add_argument_group('parsing: a class for each pixel')
    group.add_argument(
        '--masks', help='folder of index masks with the names of the images'
    )
    group.add_argument('--val-masks', help='the same of --val')
    group.add_argument(
        '--classes',
        help='file of the names by value of the masks: json (a list, or '
        '{"classes": [...]}), or one per line',
    )
    group.add_argument(
        '--groups',
        help="json file of coarser classes, {name: [classes] or '*'}, or "
        "'people'",
    )
    group.add_argument(
        '--ignore-index',
        type=int,
        nargs='+',
        default=PARSING_OPTIONS['ignore_index'],
        metavar='VALUE',
        help='values of the masks that are not judged (255)',
    )
    group.add_argument(
        '--semantic-weights',
        type=float,
        nargs='+',
        metavar='LAMBDA',
        help='of a semantic backbone, each measured (default: its own)',
    )
    group.add_argument(
        '--stages',
        type=int,
        nargs='+',
        metavar='N',
        help='maps of the backbone, from 0; several side by side (default: '
        'the last)',
    )
    group.add_argument(
        '--crops',
        type=float,
        metavar='SHARE',
        help='look at one random crop of each image, of this share of its '
        'area at least: the place in the image then tells less',
    )
    _add_amounts(group)


def _add_amounts(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        '--seeds',
        type=int,
        default=PARSING_OPTIONS['seeds'],
        metavar='N',
        help='splits, choices of cells and random weights: N from --seed on; '
        'mean and deviation are shown (%(default)s)',
    )
    group.add_argument(
        '--max-cells',
        type=int,
        default=PARSING_OPTIONS['max_cells'],
        metavar='N',
        help='cells that the classifiers are made of (%(default)s)',
    )
    group.add_argument(
        '--max-images',
        type=int,
        default=PARSING_OPTIONS['max_images'],
        metavar='N',
        help='images of a folder at most, drawn (%(default)s)',
    )


def run_parsing(args: argparse.Namespace) -> Any:
    """Run the probe.

    Args:
        args: Of mmssl probe.

    Returns:
        A :class:`~mmssl.apis.parsing_probe.ParsingResult`.

    Raises:
        LaunchError: An option is missing, or is of another protocol.
    """
    from mmssl.apis.parsing_probe import parsing_probe
    from mmssl.engine.run_config import LaunchError
    from mmssl.probes.parsing_options import ParsingOptions

    missing = [n for n in ('masks', 'classes') if getattr(args, n) is None]
    foreign = given_options(args, OTHER_OPTIONS)
    if missing or foreign or args.fast is False:
        told = [f'needs {option_names(missing)}'] if missing else []
        if foreign:
            told.append(f'takes no {option_names(foreign)}')
        if args.fast is False:
            told.append(
                'fits its classifiers to the end; to train a head with '
                'augmentation run mmssl train mmssl::probes/'
                'parsing_swin-t_1xb32-20e_people.py'
            )
        raise LaunchError(f'parsing {", and ".join(told)}')
    options = dict(
        part=args.part,
        backbone=args.backbone,
        config=args.config,
        semantic_weights=_lambdas(args),
        stages=args.stages,
        crops=args.crops,
        statistics=args.statistics or 'running',
        k=args.k,
        temperature=args.temperature,
        l2=args.l2,
        max_cells=args.max_cells,
        max_images=args.max_images,
        seed=args.seed,
        seeds=args.seeds,
        workers=args.workers or 0,
        device=args.device,
    )
    if args.size is not None:
        options['size'] = height_width(args.size)
    return parsing_probe(
        args.checkpoint,
        args.data,
        args.masks,
        args.classes,
        groups=args.groups,
        ignore_index=args.ignore_index,
        val=args.val,
        val_masks=args.val_masks,
        val_share=args.val_share,
        beside_random=args.beside_random,
        options=ParsingOptions(**options),
    )


def refuse_parsing_options(args: argparse.Namespace) -> None:
    """Refuse options of parsing with another protocol.

    Raises:
        LaunchError: One is given.
    """
    from mmssl.engine.run_config import LaunchError

    given = given_options(args, PARSING_OPTIONS)
    if given:
        raise LaunchError(f'{option_names(given)} is for parsing alone')


def single_size(size: Sequence[int] | None) -> int | None:
    """Return the one number of a size.

    Raises:
        LaunchError: There are two.
    """
    from mmssl.engine.run_config import LaunchError

    if size is not None and len(size) != 1:
        raise LaunchError(
            f'--size takes one number but with parsing, got {list(size)}'
        )
    return None if size is None else size[0]


def _lambdas(args: argparse.Namespace) -> list[float] | None:
    """Return those of --semantic-weights, or that of --semantic-weight."""
    if args.semantic_weights is None and args.semantic_weight is not None:
        return [args.semantic_weight]
    return args.semantic_weights


def height_width(size: Sequence[int]) -> tuple[int, int]:
    """Return height and width, of one number or two.

    Raises:
        LaunchError: There are more.
    """
    from mmssl.engine.run_config import LaunchError

    if len(size) > 2:
        raise LaunchError(f'--size is height and width, got {list(size)}')
    return size[0], size[-1]


def given_options(
    args: argparse.Namespace, defaults: dict[str, Any]
) -> list[str]:
    """Return the names of options that are not as by default."""
    return [n for n, value in defaults.items() if getattr(args, n) != value]


def option_names(names: Sequence[str]) -> str:
    """Return names as they are written on the command line.

    Example:
        >>> option_names(['val_masks', 'crops'])
        '--val-masks, --crops'
    """
    return ', '.join('--' + name.replace('_', '-') for name in names)
