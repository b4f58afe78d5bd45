"""Misspelled names at the top level of a config."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable

from mmengine.runner import Runner

# What is read besides the Runner's own arguments.
_ALSO_READ = ('auto_scale_lr', 'model_wrapper_cfg', 'runner_type', 'speed')
_CLOSE = 0.85


def misspelled_keys(keys: Iterable[str]) -> dict[str, str]:
    """Find names that nothing reads and that resemble one that is read.

    mmengine ignores what it does not know: with ``optim_wraper = dict(...)``
    a run trains with the inherited optimizer, and nobody is told.

    Args:
        keys: The names at the top level of a config.

    Returns:
        Misspelled name -> what was probably meant.

    Example:
        >>> misspelled_keys(['model', 'optim_wraper', 'my_note'])
        {'optim_wraper': 'optim_wrapper'}
    """
    known = {*inspect.signature(Runner).parameters, *_ALSO_READ} - {'cfg'}
    found = {}
    for key in keys:
        close = difflib.get_close_matches(key, known, n=1, cutoff=_CLOSE)
        if key not in known and close:
            found[key] = close[0]
    return found
