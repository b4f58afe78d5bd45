"""Take everything pretrained out of a config, so that random is random."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmengine.config import Config

_LOADED = ('init_cfg', 'pretrained')
_RESNETS = ('ResNet', 'ResNetV1c', 'ResNetV1d', 'ResNeXt')


def without_pretrained(config: Config) -> list[str]:
    """Remove what a config loads into its backbone, or over the whole model.

    Args:
        config: Of a task; ``model.backbone`` loses every ``init_cfg`` and
            ``pretrained``, the model its own and ``load_from``.

    Returns:
        What was removed, for people.
    """
    notes = []
    if config.get('load_from'):
        notes.append(f'load_from={config.load_from!r} is not used')
    config.load_from = None
    for name in _LOADED:
        value = config.model.pop(name, None)
        if value:
            notes.append(f'model.{name}={value!r} is not used')
    notes += _stripped(config.model.backbone, 'model.backbone')
    elsewhere = [
        where
        for where in _places(config.model, 'model')
        if not where.startswith('model.backbone')
    ]
    return notes + [f'{where} is loaded as well' for where in elsewhere]


def trained_whole(backbone: dict[str, Any]) -> list[str]:
    """Let a random backbone learn: nothing frozen, batch norms at work.

    Configs freeze layers because they are pretrained; random ones would
    stay as they were drawn, and the comparison would not be fair.

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


def _stripped(node: Any, where: str) -> list[str]:
    """Remove what is loaded, at any depth."""
    notes: list[str] = []
    if isinstance(node, dict):
        for name in _LOADED:
            value = node.pop(name, None)
            if value:
                notes.append(f'{where}.{name}={_short(value)} is not used')
        for name, value in node.items():
            notes += _stripped(value, f'{where}.{name}')
    elif isinstance(node, (list, tuple)):
        for number, value in enumerate(node):
            notes += _stripped(value, f'{where}.{number}')
    return notes


def _places(node: Any, where: str) -> list[str]:
    """Return where a config loads weights."""
    if isinstance(node, Mapping):
        if node.get('type') == 'Pretrained':
            return [where]
        return [
            found
            for name, value in node.items()
            for found in _places(value, f'{where}.{name}')
        ]
    if isinstance(node, (list, tuple)):
        return [
            found
            for number, value in enumerate(node)
            for found in _places(value, f'{where}.{number}')
        ]
    return []


def _short(value: Any) -> str:
    """Return what was loaded."""
    if isinstance(value, Mapping):
        return repr(value.get('checkpoint', dict(value)))
    return repr(value)
