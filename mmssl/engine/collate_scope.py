"""A repair of configs that inherit from another package's.

With ``_base_ = 'mmssl::...'`` mmengine marks every dict that has a type with
``_scope_``, and later hands the mark of ``collate_fn``, which is a function
and no registered class, to that function, which does not take it.
"""

from __future__ import annotations

from mmengine.config import Config


def drop_collate_scope(cfg: Config) -> Config:
    """Take the mark out of the collate functions, in place.

    Args:
        cfg: Any config.

    Returns:
        The same config.

    Example:
        >>> loader = dict(collate_fn=dict(type='f', _scope_='mmssl'))
        >>> drop_collate_scope(Config(dict(val_dataloader=loader)))[
        ...     'val_dataloader'
        ... ]
        {'collate_fn': {'type': 'f'}}
    """
    for name in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
        collate = (cfg.get(name) or {}).get('collate_fn')
        if isinstance(collate, dict):
            collate.pop('_scope_', None)
    return cfg
