"""Configs as text: short, to be read and edited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config import Config

from mmssl.engine.collate_scope import drop_collate_scope

_WIDTH = 79


def render(
    base: str,
    statements: Sequence[str],
    changes: Mapping[str, Any],
    comments: Sequence[str] = (),
) -> str:
    """Write a config that inherits from another one.

    Args:
        base: What it inherits from.
        statements: Python lines after it, which may change ``_base_``.
        changes: Variables of the config.
        comments: Lines for the head.

    Returns:
        Python.

    Example:
        >>> print(render('mmssl::a.py', [], {'train_cfg': {'max_iters': 9}}))
        _base_ = 'mmssl::a.py'
        train_cfg = dict(max_iters=9)
    """
    lines = [f'# {comment}'.rstrip() for comment in comments]
    lines += [f'_base_ = {base!r}', *statements]
    lines += [
        f'{name} = {as_python(value, len(name) + 3)}'
        for name, value in changes.items()
    ]
    return '\n'.join(lines) + '\n'


def parse(text: str) -> Config:
    """Read a config from its text."""
    return drop_collate_scope(Config.fromstring(text, '.py'))


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict:
    """Return a dict with the changes of both; the second goes first.

    Example:
        >>> merged({'a': {'x': 1, 'y': 2}}, {'a': {'y': 3}, 'b': 4})
        {'a': {'x': 1, 'y': 3}, 'b': 4}
    """
    result = dict(first)
    for key, value in second.items():
        old = result.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            value = merged(old, value)
        result[key] = value
    return result


def as_python(value: Any, used: int = 0, indent: int = 0) -> str:
    """Write a value as Python, dicts as calls of ``dict`` as configs do.

    Args:
        value: Dicts with names as keys, lists, tuples and plain values.
        used: Columns taken on the first line.
        indent: Of the lines below.

    Returns:
        One line if it fits, else one for each part.

    Example:
        >>> as_python({'type': 'ResNet', 'strides': (1, 2)})
        "dict(type='ResNet', strides=(1, 2))"
    """
    if isinstance(value, Mapping):
        opening, closing = 'dict(', ')'
        parts = [(f'{key}=', part) for key, part in value.items()]
    elif isinstance(value, list):
        opening, closing = '[', ']'
        parts = [('', part) for part in value]
    else:
        return repr(value)
    inner = [key + as_python(part, -9999) for key, part in parts]
    line = opening + ', '.join(inner) + closing
    if used + indent + len(line) <= _WIDTH or not parts:
        return line
    margin = ' ' * (indent + 4)
    rows = [
        f'{margin}{key}{as_python(part, len(key) + 1, indent + 4)},\n'
        for key, part in parts
    ]
    return f'{opening}\n{"".join(rows)}{" " * indent}{closing}'
