"""The key of a sweep and its values, looked up before anything runs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

_RANGE = re.compile(r'(-?[\d.]+):(-?[\d.]+):([\d.]+)')


class SweepError(ValueError):
    """A sweep that cannot be run as it is asked for."""


def expand_range(text: str) -> list[str]:
    """Return the values that a text stands for.

    Args:
        text: A value, or 'first:last:step' with last included.

    Raises:
        SweepError: The step is 0, or leads away from the last.

    Example:
        >>> expand_range('0:1:0.25')
        ['0', '0.25', '0.5', '0.75', '1']
    """
    found = _RANGE.fullmatch(text)
    if not found:
        return [text]
    first, last, step = (float(number) for number in found.groups())
    if step <= 0 or last < first:
        raise SweepError(
            f'{text!r} is no range: FIRST:LAST:STEP goes up, by a step > 0'
        )
    count = int((last - first) / step + 1e-9) + 1
    return [f'{first + i * step:.10g}' for i in range(count)]


def check_key(cfg: Mapping[str, Any], key: str) -> str | None:
    """Look a key up in a config.

    Args:
        cfg: The config.
        key: With dots; places of lists are numbers.

    Returns:
        None if it is there; else a note, as the last part may be an argument
        that the config leaves at its default.

    Raises:
        SweepError: A part above the last is not there: the runs would all be
            the same.
    """
    node: Any = cfg
    *above, last = key.split('.')
    for depth, part in enumerate(above):
        inside = _inside(node, part)
        if inside is None:
            raise SweepError(
                f'the config has no {".".join(above[: depth + 1])}'
                f'{_close(part, node)}'
            )
        node = inside
    if not isinstance(node, (Mapping, list, tuple)):
        raise SweepError(
            f'{".".join(above)} is {node!r} in the config, and has no {last!r}'
        )
    if _inside(node, last) is None and last not in node:
        return f'the config leaves {key} at its default{_close(last, node)}'
    return None


def _inside(node: Any, part: str) -> Any:
    """Return what a config has at a place, None if nothing."""
    if isinstance(node, (list, tuple)):
        there = part.isdigit() and int(part) < len(node)
        return node[int(part)] if there else None
    return node.get(part) if isinstance(node, Mapping) else None


def _close(part: str, node: Any) -> str:
    """Return what might have been meant."""
    if not isinstance(node, Mapping):
        return ''
    close = difflib.get_close_matches(part, [str(k) for k in node], n=1)
    return f'; did you mean {close[0]}?' if close else ''
