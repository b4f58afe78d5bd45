"""The projects that train and test downstream: their configs and modules.

They are imported when a task needs them, never before.
"""

from __future__ import annotations

import difflib
import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmssl.downstream.errors import HandOffError
from mmssl.utils.host import config_root
from mmssl.utils.optional import EXTRAS, require

HOSTS = ('mmdet', 'mmpose', 'mmpretrain', 'mmseg')


def read_config(
    name: str | Path,
    options: Mapping[str, Any] | None = None,
    imports: bool = True,
) -> Config:
    """Read a config of any host.

    Args:
        name: A path, or ``'mmdet::folder/file.py'``, the same of mmpose,
            mmpretrain, mmseg and mmssl.
        options: Changes, keys with dots.
        imports: Run the config's ``custom_imports``.

    Returns:
        The config.

    Raises:
        HandOffError: The host is not installed (names the extra), there is
            no such config (close names are listed), or it cannot be read.
    """
    path = _path_of(str(name))
    try:
        config = Config.fromfile(str(path), import_custom_modules=imports)
        config.merge_from_dict(dict(options or {}))
    except Exception as error:
        raise HandOffError(
            _kind_of(error), f'the config {name} cannot be read: {error}'
        ) from error
    return config


def host_of(config: Mapping[str, Any], name: str | Path = '') -> str:
    """Return the host that a config is for.

    Args:
        config: Of a task.
        name: As it was read; ``'mmdet::...'`` tells it as well.

    Raises:
        HandOffError: It is none of :data:`HOSTS`.

    Example:
        >>> host_of(dict(default_scope='mmseg'))
        'mmseg'
    """
    package = str(name).partition('::')[0]
    scope = config.get('default_scope') or package
    if scope not in HOSTS:
        raise HandOffError(
            'config',
            f'{name or "the config"} says default_scope={scope!r}; tasks are '
            f'for one of {", ".join(HOSTS)}',
        )
    return scope


def open_host(scope: str, purpose: str) -> None:
    """Import a host and register its modules.

    Args:
        scope: One of :data:`HOSTS`.
        purpose: What needs it, for the message.

    Raises:
        HandOffError: It is not installed, or does not work with the mmcv
            that is there; the message has the extra.
    """
    try:
        utils = require(f'{scope}.utils', purpose)
        utils.register_all_modules(init_default_scope=False)
    except (ImportError, AssertionError) as error:
        told = _with_extra(error, scope, purpose)
        raise HandOffError('host', told) from error


def _path_of(name: str) -> Path:
    """Return the file of a config, also of ``package::name``."""
    package, separator, inside = name.partition('::')
    if not separator:
        if Path(name).is_file():
            return Path(name)
        found = sorted(str(p) for p in Path(name).parent.glob('*.py'))
        raise HandOffError('config', _not_there(name, name, found))
    for root in _roots(package):
        if (root / inside).is_file():
            return root / inside
    known = sorted(
        str(path.relative_to(root))
        for root in _roots(package)
        for path in root.rglob('*.py')
    )
    raise HandOffError('config', _not_there(name, inside, known))


def _roots(package: str) -> list[Path]:
    """Return the folders that a package's configs may lie in."""
    if package == 'mmssl':
        return [config_root()]
    if package not in HOSTS:
        raise HandOffError(
            'config',
            f'{package}:: is no project whose configs are known; valid: '
            + ', '.join(f'{host}::' for host in (*HOSTS, 'mmssl')),
        )
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise HandOffError('host', _with_extra(None, package, 'its config'))
    root = Path(spec.origin).parent
    return [root / '.mim' / 'configs', root.parent / 'configs']


def _not_there(name: str, wanted: str, known: list[str]) -> str:
    close = difflib.get_close_matches(wanted, known, n=3, cutoff=0.5)
    return f'there is no config {name!r}' + (
        f'; close names: {", ".join(close)}' if close else ''
    )


def _with_extra(error: Exception | None, scope: str, purpose: str) -> str:
    """Return a message that names what to install."""
    if isinstance(error, ImportError) and 'pip install' in str(error):
        return str(error)
    extra = f'mmssl[{EXTRAS[scope]}]' if scope in EXTRAS else scope
    why = f' ({error})' if error is not None else ''
    return (
        f'{purpose} needs {scope}, which is not installed or does not work '
        f'here{why}: pip install "{extra}"; mmcv has to be compiled for your '
        'torch, see docs/install.md'
    )


def _kind_of(error: Exception) -> str:
    """Tell a host that is not there from a config that is wrong."""
    text = str(error)
    missing = isinstance(error, ImportError) or 'not installed' in text
    return 'host' if missing and any(h in text for h in HOSTS) else 'config'
