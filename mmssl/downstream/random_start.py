"""Take everything pretrained out of a config, so that random is random."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmengine.config import Config

_LOADED = ('init_cfg', 'pretrained')


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
