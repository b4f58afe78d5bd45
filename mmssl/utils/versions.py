"""Versions of the dependencies: told if untested, never refused."""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings
from importlib import metadata

# Lowest tested version, first version that is not tested.
_TESTED = {
    'python': ('3.9', '3.13'),
    'torch': ('2.1', '2.12'),
    'torchvision': ('0.16', '0.27'),
    'numpy': ('1.24', '3'),
    'scipy': ('1.10', '2'),
    'opencv-python': ('4.9', '5.1'),
    'mmcv': ('2.0', '2.3'),
    'mmcv-lite': ('2.0', '2.3'),
    'mmengine': ('0.10.4', '0.11'),
    'mmpretrain': ('1.2', '1.3'),
}


def warn_untested_versions() -> list[str]:
    """Warn about dependencies outside the tested range.

    Returns:
        One sentence for each such package.
    """
    found = []
    for package, (low, high) in _TESTED.items():
        version = _version(package)
        if not version:
            continue
        if not _release(low) <= _release(version) < _release(high):
            found.append(
                f'{package} {version} is outside the tested range '
                f'>={low},<{high}'
            )
    for sentence in found:
        warnings.warn(f'mmssl: {sentence}; it may work', stacklevel=3)
    return found


def require_mmcv() -> None:
    """Say what to install if there is no mmcv of either kind.

    mmcv is no declared dependency, as mmcv and mmcv-lite exclude each other.
    Nothing is imported here.

    Raises:
        ImportError: Neither mmcv nor mmcv-lite is installed.
    """
    if importlib.util.find_spec('mmcv') is not None:
        return
    raise ImportError(
        'mmssl needs mmcv or mmcv-lite, and neither is installed. For '
        'pretraining: pip install "mmssl[lite]". For detection, segmentation '
        'and poses: mmcv with its compiled operators, see docs/install.md',
        name='mmcv',
    )


def _version(package: str) -> str:
    """Return an installed version, or '' if there is none."""
    if package == 'python':
        return '.'.join(str(n) for n in sys.version_info[:3])
    try:
        return metadata.version(package) or ''
    except metadata.PackageNotFoundError:
        return ''


def _release(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: '2.11.0+cu130' -> (2, 11, 0).

    Example:
        >>> _release('2.11.0+cu130')
        (2, 11, 0)
    """
    match = re.match(r'\d+(\.\d+)*', version)
    return tuple(int(n) for n in match[0].split('.')) if match else ()
