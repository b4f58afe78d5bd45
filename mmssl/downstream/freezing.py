"""Which layers of a backbone a task trains, once another one is put in.

Configs freeze early layers because they are pretrained, and all of them where
a linear classifier judges the features. The first must not happen to random
weights, and the second must happen to every architecture.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.maps import Maps, maps_of

_RESNETS = ('ResNet', 'ResNetV1c', 'ResNetV1d', 'ResNeXt')
# Hosts count stages from 0 or 1; ViTs count layers.
_STAGES = (2, 3, 4, 5, 11, 12, 23, 24)


def trained_whole(backbone: dict[str, Any]) -> list[str]:
    """Let a random backbone learn: nothing frozen, batch norms at work.

    Random layers that are frozen stay as they were drawn, and the comparison
    would not be fair.

    Args:
        backbone: Its config; it is changed.

    Returns:
        What was changed, for people.
    """
    notes = []
    if backbone.get('frozen_stages', -1) >= 0:
        frozen = backbone['frozen_stages']
        backbone['frozen_stages'] = -1
        notes.append(f'random weights: frozen_stages {frozen} -> -1')
    kind = str(backbone.get('type')).split('.')[-1]
    if kind in _RESNETS and backbone.get('norm_eval') is not False:
        backbone['norm_eval'] = False
        notes.append('random weights: batch norms are trained')
    norm = backbone.get('norm_cfg')
    if isinstance(norm, Mapping) and norm.get('requires_grad') is False:
        backbone['norm_cfg'] = dict(norm, requires_grad=True)
        notes.append('random weights: norm_cfg.requires_grad -> True')
    return notes


def frozen_whole(
    backbone: dict[str, Any], scope: str
) -> tuple[dict[str, Any], Maps]:
    """Freeze all of a backbone, as the task does with its own one.

    Args:
        backbone: Config.
        scope: The host.

    Returns:
        The config with ``frozen_stages``, and its maps.

    Raises:
        HandOffError: Its class cannot be frozen.
    """
    maps = maps_of(backbone, scope)
    if maps.frozen:
        return backbone, maps
    for number in _STAGES:
        tried = dict(backbone, frozen_stages=number)
        try:
            maps = maps_of(tried, scope)
        except HandOffError:  # no such stage, or no such option
            continue
        if maps.frozen:
            return tried, maps
    raise HandOffError(
        'misfit',
        'the task trains a classifier on frozen features, and '
        f'{backbone["type"]} cannot be frozen (frozen_stages) in {scope}',
    )
