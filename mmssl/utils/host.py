"""What mmengine needs to know about mmssl to find configs.

Two things happen when ``mmssl`` is imported:

* ``_base_ = 'mmssl::cmp/...'`` starts to resolve (mmengine knows only a
  fixed list of packages and finds no editable installs);
* where setuptools no longer brings ``pkg_resources``, mmengine gets a
  replacement for the two functions that ask it for installed packages.
"""

from __future__ import annotations

import difflib
import importlib.util
import sys
import warnings
from importlib import metadata
from pathlib import Path

import mmengine.config.config  # noqa: F401  (patched by name below)
from mmengine.config import Config

_SCHEME = 'mmssl::'

# Modules of mmengine that hold the functions asking pkg_resources.
_ASKERS = (
    'mmengine.utils.package_utils',
    'mmengine.utils',
    'mmengine.config.config',
    'mmengine.hub.hub',
)


def package_root() -> Path:
    """Return the folder of the ``mmssl`` package."""
    return Path(__file__).resolve().parent.parent


def config_root() -> Path:
    """Return the folder that holds the configs, installed or checked out.

    Raises:
        FileNotFoundError: Neither place has configs.
    """
    places = (
        package_root() / '.mim' / 'configs',
        package_root().parent / 'configs',
    )
    for place in places:
        if (place / '_base_').is_dir():
            return place
    raise FileNotFoundError(
        'the configs of mmssl were not found; looked in '
        + ' and '.join(str(place) for place in places)
        + '. Install mmssl with "pip install ." or "pip install -e ."'
    )


def config_file(name: str) -> str:
    """Return the path of one of mmssl's configs.

    Args:
        name: Path below ``configs/``, e.g. ``'cmp/x.py'``.

    Returns:
        Absolute path.

    Raises:
        FileNotFoundError: No such config; close names are listed.
    """
    path = config_root() / name
    if path.is_file():
        return str(path)
    known = (p.relative_to(config_root()) for p in config_root().rglob('*.py'))
    close = difflib.get_close_matches(name, sorted(map(str, known)), n=5)
    raise FileNotFoundError(
        f'mmssl has no config {name!r}'
        + (f'; close names: {", ".join(close)}' if close else '')
    )


def register_config_scheme() -> None:
    """Let mmengine resolve ``mmssl::...`` in ``_base_`` (idempotent).

    mmengine 0.10 accepts a fixed list of packages and does not see editable
    installs. Only names that start with ``mmssl::`` are taken; all others go
    mmengine's way.
    """
    original = getattr(Config, '_get_cfg_path', None)
    if getattr(original, 'knows_mmssl', False):
        return
    if original is None:
        warnings.warn(
            "mmssl: this mmengine resolves _base_ in another way, 'mmssl::' "
            'will not work in configs; paths will',
            stacklevel=3,
        )
        return

    def get_cfg_path(cfg_path: str, filename: str) -> tuple[str, str | None]:
        if cfg_path.startswith(_SCHEME):
            return config_file(cfg_path[len(_SCHEME) :]), 'mmssl'
        return original(cfg_path, filename)

    get_cfg_path.knows_mmssl = True  # type: ignore[attr-defined]
    Config._get_cfg_path = staticmethod(get_cfg_path)


def replace_pkg_resources() -> None:
    """Let mmengine find installed packages without ``pkg_resources``.

    setuptools 82 removed it, and environments of Python 3.12 have no
    setuptools at all; mmengine 0.10 then fails on ``_base_ = 'mmdet::...'``.
    Nothing is touched where ``pkg_resources`` exists.
    """
    if importlib.util.find_spec('pkg_resources') is not None:
        return
    for name in _ASKERS:
        module = sys.modules.get(name)
        if hasattr(module, 'is_installed'):
            module.is_installed = _is_installed  # type: ignore[union-attr]
        if hasattr(module, 'get_installed_path'):
            module.get_installed_path = _installed_path  # type: ignore[union-attr]


def _is_installed(package: str) -> bool:
    """Do what mmengine's ``is_installed`` does."""
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return importlib.util.find_spec(package) is not None
    return True


def _installed_path(package: str) -> str:
    """Do what mmengine's ``get_installed_path`` does."""
    module = package
    try:
        top_level = metadata.distribution(package).read_text('top_level.txt')
        module = (top_level or package).split()[0]
    except metadata.PackageNotFoundError:
        pass
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f'{package} is not installed')
    return str(Path(spec.origin).parent)
