"""Some of a dataset's samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Union

import numpy as np

Indices = Union[int, Sequence[int], None]


def choose(chosen: range | np.ndarray, indices: Indices) -> Any:
    """Return some elements of ``chosen``, without copying a range's.

    Args:
        chosen: A range of step 1, or an array of whole numbers.
        indices: Keep the first (n > 0) or last (n < 0) elements, or those at
            these places; None: all.

    Returns:
        A range or an array.

    Example:
        >>> choose(range(5), -2), choose(range(5), [4, 0]).tolist()
        (range(3, 5), [4, 0])
    """
    if indices is None:
        return chosen
    if isinstance(indices, int):
        return chosen[:indices] if indices >= 0 else chosen[indices:]
    if isinstance(chosen, range):
        chosen = np.arange(chosen.start, chosen.stop)
    return chosen[np.asarray(indices, np.int64)]
