"""What the host libraries need to know about mmssl, and their versions.

Two things happen when ``mmssl`` is imported, both here:

* ``_base_ = 'mmssl::cmp/...'`` starts to resolve (mmengine knows only a
  fixed list of packages and finds no editable installs);
* versions outside the tested range are named in a warning, never refused.
"""

from __future__ import annotations

import importlib.util
import re
import warnings
from importlib import metadata
from pathlib import Path

import mmengine.config.config as host_config
from mmengine.config import Config

_SCHEME = 'mmssl::'

# Lowest tested version, first version that is not tested.
_TESTED = {
    'torch': ('2.1', '2.12'),
    'numpy': ('1.23', '3'),
    'mmengine': ('0.10.4', '0.11'),
    'mmpretrain': ('1.2', '1.3'),
}


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
    stem = Path(name).name[:6]
    close = sorted(
        str(p.relative_to(config_root()))
        for p in config_root().rglob(f'{stem}*.py')
    )
    raise FileNotFoundError(
        f'mmssl has no config {name!r}'
        + (f'; close names: {", ".join(close)}' if close else '')
    )


def register_config_scheme() -> None:
    """Let mmengine resolve ``mmssl::...`` in ``_base_`` (idempotent).

    mmengine 0.10 accepts a fixed list of packages, and looks for them with
    ``pkg_resources``, which setuptools 82 removed and which does not see
    editable installs. Only names that start with ``mmssl::`` are taken; all
    others go mmengine's way.
    """
    original = Config._get_cfg_path
    if getattr(original, 'knows_mmssl', False):
        return

    def get_cfg_path(cfg_path: str, filename: str) -> tuple[str, str | None]:
        if cfg_path.startswith(_SCHEME):
            return config_file(cfg_path[len(_SCHEME) :]), 'mmssl'
        return original(cfg_path, filename)

    get_cfg_path.knows_mmssl = True  # type: ignore[attr-defined]
    Config._get_cfg_path = staticmethod(get_cfg_path)
    if importlib.util.find_spec('pkg_resources') is None:
        host_config.is_installed = _is_installed
        host_config.get_installed_path = _installed_path


def _is_installed(package: str) -> bool:
    """mmengine's ``is_installed`` without ``pkg_resources``."""
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return importlib.util.find_spec(package) is not None
    return True


def _installed_path(package: str) -> str:
    """mmengine's ``get_installed_path`` without ``pkg_resources``."""
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


def warn_untested_versions() -> list[str]:
    """Warn about dependencies outside the tested range.

    Returns:
        One sentence for each such package.
    """
    found = []
    for package, (low, high) in _TESTED.items():
        try:
            version = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
        if not _release(low) <= _release(version) < _release(high):
            found.append(
                f'{package} {version} is outside the tested range '
                f'>={low},<{high}'
            )
    for sentence in found:
        warnings.warn(f'mmssl: {sentence}; it may work', stacklevel=3)
    return found


def _release(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: '2.11.0+cu130' -> (2, 11, 0).

    Example:
        >>> _release('2.11.0+cu130')
        (2, 11, 0)
    """
    match = re.match(r'\d+(\.\d+)*', version)
    return tuple(int(n) for n in match[0].split('.')) if match else ()
