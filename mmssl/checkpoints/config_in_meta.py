"""The model's config that a checkpoint carries as text, without running it.

mmengine writes a run's config into ``meta['cfg']`` as Python. Reading it by
``Config.fromstring`` executes it; here only dicts, lists and plain values of
one assignment are read.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any


def config_in_meta(checkpoint: Mapping[str, Any], name: str = 'model') -> Any:
    """Return one entry of the config that a checkpoint was trained with.

    Args:
        checkpoint: What the file holds.
        name: Name that the config assigns.

    Returns:
        Nested dicts, lists, tuples and values; None if there is no config,
        no such name, or anything in it that is more than data.

    Example:
        >>> text = 'model = dict(type="A", part=dict(depth=50, x=(1, -2)))'
        >>> config_in_meta({'meta': {'cfg': text}})
        {'type': 'A', 'part': {'depth': 50, 'x': (1, -2)}}
        >>> config_in_meta({'meta': {'cfg': 'model = print(1)'}})
    """
    meta = checkpoint.get('meta')
    text = meta.get('cfg') if isinstance(meta, Mapping) else None
    if not isinstance(text, str):
        return None
    try:
        found = [
            _value(statement.value)
            for statement in ast.parse(text).body
            if isinstance(statement, ast.Assign)
            and any(
                isinstance(target, ast.Name) and target.id == name
                for target in statement.targets
            )
        ]
    except (RecursionError, SyntaxError, ValueError):
        return None
    return found[-1] if found else None


def _value(node: ast.expr) -> Any:
    """Return what an expression says; ValueError if it would do something."""
    if isinstance(node, ast.Call):
        return _dict_call(node)
    if isinstance(node, ast.Dict):
        if None in node.keys:
            raise ValueError('**other is no data')
        return {
            _value(key): _value(value)
            for key, value in zip(node.keys, node.values)
            if key is not None
        }
    if isinstance(node, (ast.List, ast.Tuple)):
        values = [_value(part) for part in node.elts]
        return values if isinstance(node, ast.List) else tuple(values)
    return ast.literal_eval(node)


def _dict_call(node: ast.Call) -> dict:
    """Return ``dict(key=value)``, or ``dict({...})`` as mmengine has it."""
    plain = isinstance(node.func, ast.Name) and node.func.id == 'dict'
    names = [word.arg for word in node.keywords]
    mappings = [isinstance(part, ast.Dict) for part in node.args]
    if not plain or mappings not in ([], [True]) or None in names:
        raise ValueError('only dict(key=value) is data')
    found = dict(_value(node.args[0])) if node.args else {}
    found.update({word.arg: _value(word.value) for word in node.keywords})
    return found
