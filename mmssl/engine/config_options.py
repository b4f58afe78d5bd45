"""Changes to a config from outside, and mistakes of configs in one line."""

from __future__ import annotations

import re
import traceback
from typing import Any

from mmengine.config import Config

from mmssl.engine.run_config import LaunchError

# Python 3.9 names no class before __init__.
_ARGUMENT = re.compile(
    r"__init__\(\) got an unexpected keyword argument '\w+'"
)


def change_config(cfg: Config, options: dict[str, Any] | None) -> None:
    """Change a config in place.

    Args:
        cfg: A config.
        options: Key with dots -> value; places of lists are numbers.

    Raises:
        LaunchError: A place that a list does not have, or a key below a
            value that is no dict.

    Example:
        >>> cfg = Config(dict(train_cfg=dict(max_iters=9), steps=[1, 2]))
        >>> change_config(cfg, {'train_cfg.max_iters': 3, 'steps.1': 5})
        >>> cfg.train_cfg.max_iters, cfg.steps
        (3, [1, 5])
    """
    for key, value in (options or {}).items():
        try:
            if not _set_in_list(cfg, key, value):
                cfg.merge_from_dict({key: value})
        except (KeyError, TypeError) as error:
            raise LaunchError(
                f'the config cannot be changed by {key}={value!r}: '
                f'{_wrong_part(cfg, key)}'
            ) from error


def _set_in_list(cfg: Config, key: str, value: Any) -> bool:
    """Set an item that is no dict, which mmengine cannot merge into."""
    *above, last = key.split('.')
    node: Any = cfg
    for part in above:
        if isinstance(node, (list, tuple)):
            inside = part.isdigit() and int(part) < len(node)
            node = node[int(part)] if inside else None
        else:
            node = node.get(part) if hasattr(node, 'get') else None
    found = isinstance(node, list) and last.isdigit() and int(last) < len(node)
    if not found or isinstance(node[int(last)], (dict, list, tuple)):
        return False
    node[int(last)] = value
    return True


def _wrong_part(cfg: Config, key: str) -> str:
    """Say where a key leaves the config."""
    node: Any = cfg
    parts = key.split('.')
    for place, part in enumerate(parts):
        above = '.'.join(parts[:place])
        if isinstance(node, (list, tuple)):
            if not part.isdigit() or int(part) >= len(node):
                return (
                    f'{above} is a list of {len(node)}; its places are '
                    f'0 to {len(node) - 1}, got {part!r}'
                )
            node = node[int(part)]
        elif isinstance(node, dict) or node is cfg:
            node = node.get(part, {})
        else:
            return f'{above} is {node!r}, which has no {part!r}'
    return f'{key} is {node!r}'


def config_mistake(error: BaseException) -> str | None:
    """Return a config's mistake in one line.

    Args:
        error: What came out of building or running something.

    Returns:
        None unless a registry was building a component and met a name that
        nobody registered, an argument that the component does not take, or
        a value that it refuses.
    """
    built, inside = _built(error)
    if built is None or isinstance(error, RuntimeError):
        return None
    if isinstance(error, KeyError):
        return None if inside else ' '.join(str(error.args[0]).split())
    if isinstance(error, TypeError) and not _ARGUMENT.search(str(error)):
        return None
    return f'{built} in the config: {str(error) or _asserted(error)}'


def _asserted(error: BaseException) -> str:
    """Return the source of a host's bare ``assert``."""
    frames = traceback.extract_tb(error.__traceback__)
    return f'refused by {frames[-1].name}, {frames[-1].line}'


def _built(error: BaseException) -> tuple[str | None, bool]:
    """Return what was being built, and whether its own code was reached."""
    built, inside = None, False
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        inside = built is not None
        if frame.f_code.co_name == 'build_from_cfg':
            kind = frame.f_locals.get('obj_type', 'a component')
            built = kind if isinstance(kind, str) else kind.__name__
            inside = False
        trace = trace.tb_next
    return built, inside
