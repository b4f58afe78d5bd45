"""The call of mmssl probe identity and mmssl probe keypoints."""

from __future__ import annotations

import argparse
from typing import Any

from mmssl.commands.parsing_arguments import (
    OTHER_OPTIONS,
    PARSING_OPTIONS,
    given_options,
    height_width,
    option_names,
)

PEOPLE = ('identity', 'keypoints')
_SHARED = ('images', 'val_images', 'stages', 'seeds', 'max_images')
# Options of other protocols, with what they are where not given.
_FOREIGN: dict[str, Any] = {
    name: value
    for name, value in {**OTHER_OPTIONS, **PARSING_OPTIONS}.items()
    if name not in _SHARED
}


def run_people(args: argparse.Namespace) -> Any:
    """Run the probe.

    Args:
        args: Of mmssl probe.

    Returns:
        A :class:`~mmssl.apis.people_probe.PeopleResult`.

    Raises:
        LaunchError: An option is of another protocol.
    """
    from mmssl.apis.people_probe import PeopleOptions, people_probe
    from mmssl.engine.run_config import LaunchError

    foreign = given_options(args, _FOREIGN)
    foreign += ['l2'] * (args.protocol == 'identity' and args.l2 is not None)
    if foreign:
        raise LaunchError(f'{args.protocol} takes no {option_names(foreign)}')
    if args.fast is False:
        raise LaunchError(
            f'{args.protocol} has no training with augmentation: leave --full '
            'out'
        )
    if args.seeds < 1:
        raise LaunchError(f'--seeds must be at least 1, got {args.seeds}')
    options = PeopleOptions(
        part=args.part,
        backbone=args.backbone,
        config=args.config,
        size=None if args.size is None else height_width(args.size),
        semantic_weight=args.semantic_weight,
        stages=args.stages,
        l2=args.l2,
        max_people=args.max_images,
        seed=args.seed,
        seeds=args.seeds,
        workers=args.workers or 0,
        device=args.device,
    )
    return people_probe(
        args.protocol,
        args.checkpoint,
        args.data,
        images=args.images,
        val=args.val,
        val_images=args.val_images,
        val_share=args.val_share,
        beside_random=args.beside_random,
        options=options,
    )
