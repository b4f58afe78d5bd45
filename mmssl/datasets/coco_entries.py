"""Whether the entries of a COCO json file have what is read of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from mmssl.io.errors import DataFileError

# List -> field -> its types and their name.
_ID = (int, str), 'a number or a text'
_SIDE = (int, float), 'a number of px'
_TEXT = (str,), 'a text'
_FIELDS: dict[str, dict[str, tuple[tuple[type, ...], str]]] = {
    'images': {
        'id': _ID,
        'file_name': _TEXT,
        'width': _SIDE,
        'height': _SIDE,
    },
    'categories': {'id': _ID, 'name': _TEXT},
}


def check_entries(path: str | os.PathLike, content: Mapping[str, Any]) -> None:
    """Refuse a file with entries that cannot be read.

    Args:
        path: Of the file, for messages.
        content: Its lists ``images``, ``annotations`` and ``categories``.

    Raises:
        DataFileError: Names the list, the entry and the field.
    """
    for part in ('images', 'annotations', 'categories'):
        for place, entry in enumerate(content[part]):
            wrong = _wrong(entry, _FIELDS.get(part, {}))
            if wrong:
                raise DataFileError(path, f'{part}, entry {place}: {wrong}')
    seen: set[Any] = set()
    for image in content['images']:
        if image['id'] in seen:
            raise DataFileError(path, f'two images have the id {image["id"]}')
        seen.add(image['id'])


def _wrong(entry: Any, fields: Mapping[str, tuple]) -> str:
    """Return what an entry lacks; '' if nothing."""
    if not isinstance(entry, dict):
        return f'a dict is needed, got {entry!r}'
    for key, (types, name) in fields.items():
        if not isinstance(entry.get(key), types):
            got = repr(entry[key]) if key in entry else 'nothing'
            return f'{key} must be {name}, got {got}'
    for key in ('image_id', 'category_id'):
        if isinstance(entry.get(key), (dict, list)):
            return f'{key} must be {_ID[1]}, got {entry[key]!r}'
    return ''


def four_numbers(values: Any) -> bool:
    """Tell whether a box is four finite numbers.

    Example:
        >>> four_numbers([1, 2, 3.5, 4]), four_numbers([1, 2, None, 4])
        (True, False)
    """
    return (
        isinstance(values, (list, tuple))
        and len(values) == 4
        and all(
            isinstance(value, (int, float))
            and float('-inf') < value < float('inf')
            for value in values
        )
    )
