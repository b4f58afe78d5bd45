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
        extra = EXTRAS.get(module) or EXTRAS.get(module.split('.')[0])
        remedy = (
            f'pip install "mmssl[{extra}]"' if extra else f'install {module}'
        )
        raise ImportError(
            f'{purpose} needs {module}, which could not be imported '
            f'({error}): {remedy}'
        ) from error
