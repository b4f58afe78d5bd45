"""Random numbers that belong to one item, whoever draws it and when."""

from __future__ import annotations

import zlib

import numpy as np


def item_rng(seed: int, *names: str | int) -> np.random.Generator:
    """Return the source of randomness of one item of a world.

    It depends on the world's seed and the item's names only, so that items
    can be made in any order by any process.

    Args:
        seed: Of the world, >= 0.
        *names: What the item is: part, split, number; numbers are >= 0.

    Example:
        >>> a = item_rng(0, 'flow', 'train', 7).integers(1000)
        >>> b = item_rng(0, 'flow', 'train', 7).integers(1000)
        >>> c = item_rng(0, 'flow', 'val', 7).integers(1000)
        >>> int(a) == int(b), int(a) == int(c)
        (True, False)
    """
    words = [
        zlib.crc32(name.encode()) if isinstance(name, str) else name
        for name in names
    ]
    return np.random.default_rng([seed, *words])
