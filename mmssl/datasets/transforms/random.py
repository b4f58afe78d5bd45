"""The one source of randomness of all transforms."""

from __future__ import annotations

import numpy as np


def get_rng(results: dict) -> np.random.Generator:
    """Return the generator of this draw.

    The datasets of this package put it into ``results['rng']``. For results
    from elsewhere one is made from numpy's global state, which mmengine
    seeds in every worker, and kept in ``results``.

    Args:
        results: A sample on its way through the pipeline.

    Returns:
        ``results['rng']``.

    Example:
        >>> results = {'rng': np.random.default_rng(0)}
        >>> get_rng(results) is results['rng']
        True
    """
    if results.get('rng') is None:
        results['rng'] = np.random.default_rng(np.random.randint(2**31 - 1))
    return results['rng']
