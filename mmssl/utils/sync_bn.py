"""Configs without norms that run on GPUs only."""

from __future__ import annotations

from typing import Any


def without_sync_bn(value: Any) -> Any:
    """Replace SyncBN by BN, whose tensors have the same names.

    Args:
        value: Config of a model or of a part. Dicts in it are changed in
            place, so that those of mmengine stay what they are.

    Returns:
        It.

    Example:
        >>> without_sync_bn(dict(norm_cfg=dict(type='SyncBN'), depth=18))
        {'norm_cfg': {'type': 'BN'}, 'depth': 18}
    """
    if isinstance(value, dict):
        for key, item in value.items():
            value[key] = without_sync_bn(item)
    elif isinstance(value, (list, tuple)):
        return type(value)(without_sync_bn(item) for item in value)
    return 'BN' if value == 'SyncBN' else value
