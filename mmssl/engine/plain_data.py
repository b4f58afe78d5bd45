"""Batches as plain data that a safe reader takes, and back.

A batch may hold data samples: objects, whose pickle names classes. Here they
become dicts. Tensors, arrays, numbers and text stay what they are.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

import numpy as np
import torch
from mmengine.structures import BaseDataElement

_MARK = '__plain__'
# Packages whose data elements may be imported to rebuild a batch.
_PACKAGES = ('mmdet', 'mmengine', 'mmpose', 'mmpretrain', 'mmseg', 'mmssl')
_PLAIN = (type(None), complex, bytes)


class NotRebuilt(ValueError):
    """Something of a batch that cannot be made again from plain data."""


def encode(value: Any) -> Any:
    """Turn nested data into dicts, lists, tensors, numbers and text.

    Args:
        value: Of any kind. What is not known is kept as its ``repr``; then
            :func:`decode` refuses it by name.

    Returns:
        Plain data. Tensors are detached and on the CPU.

    Example:
        >>> encode(dict(a=(1, np.float32(2.5))))
        {'a': {'__plain__': 'tuple', 'items': [1, 2.5]}}
    """
    if isinstance(value, torch.Tensor):
        return value.detach().cpu().clone()
    if isinstance(value, np.ndarray) and value.dtype.kind in 'biufc':
        return {_MARK: 'array', 'data': value.copy()}
    if isinstance(value, (np.generic, int, float)):
        return _number(value)
    if isinstance(value, BaseDataElement):
        return _encode_element(value)
    if isinstance(value, Mapping):
        return _encode_mapping(value)
    if isinstance(value, list):
        return [encode(part) for part in value]
    if isinstance(value, (tuple, set, frozenset)):
        kind = 'tuple' if isinstance(value, tuple) else 'set'
        return {_MARK: kind, 'items': [encode(part) for part in value]}
    return _encode_leaf(value)


def _encode_leaf(value: Any) -> Any:
    """Return text, bytes, None, the name of a class; or what it looks like."""
    if isinstance(value, (str, PurePath)):
        return str(value)
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, type):
        return _name(value)
    return {_MARK: 'unknown', 'kind': _name(type(value)), 'text': repr(value)}


def decode(value: Any) -> Any:
    """Undo :func:`encode`.

    Args:
        value: Plain data.

    Returns:
        The nested data. Subclasses of int, dict or list come back as these.

    Raises:
        NotRebuilt: It holds something that :func:`encode` did not know, or
            data elements of a class that is not to be found.
    """
    if isinstance(value, list):
        return [decode(part) for part in value]
    if not isinstance(value, dict):
        return value
    kind = value.get(_MARK)
    if kind is None:
        return {key: decode(part) for key, part in value.items()}
    if kind == 'array':
        return value['data']
    if kind == 'mapping':
        return {decode(k): decode(v) for k, v in value['items']}
    if kind in ('tuple', 'set'):
        items = [decode(part) for part in value['items']]
        return tuple(items) if kind == 'tuple' else set(items)
    if kind == 'element':
        return _decode_element(value)
    raise NotRebuilt(
        f'the batch holds a {value.get("kind")}, which cannot be rebuilt: '
        f'{str(value.get("text"))[:80]}'
    )


def walk(value: Any, path: str = '') -> Iterator[tuple[str, Any]]:
    """Yield (path, leaf) of nested data, data elements included.

    Args:
        value: A batch, for example.
        path: Of the whole.

    Example:
        >>> list(walk(dict(a=[1, dict(b=2)])))
        [('a.0', 1), ('a.1.b', 2)]
    """
    if isinstance(value, BaseDataElement):
        items: Any = value.all_items()
    elif isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    else:
        yield path, value
        return
    for key, part in items:
        yield from walk(part, f'{path}.{key}' if path else str(key))


def _number(value: Any) -> Any:
    """Return a Python number, of the same value."""
    if isinstance(value, np.generic):
        return value.item()
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    return value


def _encode_mapping(value: Mapping) -> dict[str, Any]:
    """Return a dict; one with keys of other kinds as a list of pairs."""
    if all(type(key) is str for key in value) and _MARK not in value:
        return {key: encode(part) for key, part in value.items()}
    items = [[encode(key), encode(part)] for key, part in value.items()]
    return {_MARK: 'mapping', 'items': items}


def _encode_element(element: BaseDataElement) -> dict[str, Any]:
    return {
        _MARK: 'element',
        'kind': _name(type(element)),
        'meta': encode(dict(element.metainfo_items())),
        'data': encode(dict(element.items())),
    }


def _decode_element(value: Mapping[str, Any]) -> BaseDataElement:
    element = _element_class(value['kind'])()
    for name, kind in (('meta', 'metainfo'), ('data', 'data')):
        for key, part in decode(value[name]).items():
            element.set_field(part, key, field_type=kind)
    return element


def _element_class(name: str) -> type[BaseDataElement]:
    """Find a class of data elements, importing nothing unexpected."""
    loaded = {_name(cls): cls for cls in _subclasses(BaseDataElement)}
    module, _, attribute = name.rpartition('.')
    if name not in loaded and module.split('.')[0] in _PACKAGES:
        try:
            found = getattr(importlib.import_module(module), attribute, None)
        except ImportError:
            found = None
        if isinstance(found, type) and issubclass(found, BaseDataElement):
            return found
    if name not in loaded:
        raise NotRebuilt(
            f'the batch holds a {name}, whose module is not imported here'
        )
    return loaded[name]


def _subclasses(
    cls: type[BaseDataElement],
) -> Iterator[type[BaseDataElement]]:
    yield cls
    child: type[BaseDataElement]
    for child in cls.__subclasses__():
        yield from _subclasses(child)


def _name(cls: type) -> str:
    return f'{cls.__module__}.{cls.__qualname__}'
