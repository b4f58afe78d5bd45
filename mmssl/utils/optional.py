"""Import of optional dependencies, with an error that names the remedy."""

from __future__ import annotations

import importlib
from types import ModuleType

# Optional module -> extra of setup.py that installs it.
EXTRAS = {
    'mmdet': 'det',
    'mmseg': 'seg',
    'mmpose': 'pose',
    'mmcv.ops': 'det',
    'safetensors': 'export',
    'timm': 'export',
    'matplotlib': 'plots',
    'tensorboard': 'plots',
}

# What an extra alone does not do.
_COMPILED = '; mmcv has to be compiled for your torch, see docs/install.md'
NOTES = {
    'mmcv.ops': _COMPILED,
    'mmdet': _COMPILED,
    'mmseg': _COMPILED,
    'mmpose': ' and pip install --no-deps mmpose==1.3.2, see docs/install.md',
}


def require(module: str, purpose: str) -> ModuleType:
    """Import an optional module, or say how to install it.

    Args:
        module: Name of the module, e.g. ``'mmdet'``.
        purpose: What needs it, for the message: "export as safetensors".

    Returns:
        The imported module.

    Raises:
        ImportError: It is not there; the message names mmssl's extra.

    Example:
        >>> require('json', 'an example').__name__
        'json'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f'{purpose} needs {module}, which could not be imported '
            f'({error}): {_remedy(module)}'
        ) from error


def _remedy(module: str) -> str:
    """Return what to install for a module or the package it is in."""
    name = module if module in EXTRAS else module.split('.')[0]
    if name not in EXTRAS:
        return f'pip install {name}'
    return f'pip install "mmssl[{EXTRAS[name]}]"{NOTES.get(name, "")}'
