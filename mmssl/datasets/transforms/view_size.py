"""Sizes of views as users give them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

HW = tuple[int, int]


def checked_size(size: int | Sequence[int]) -> HW:
    """Return a size as height and width.

    Args:
        size: px; one number for both, or (height, width).

    Returns:
        Height and width.

    Raises:
        ValueError: Not one or two whole numbers >= 1.

    Example:
        >>> checked_size(224), checked_size([64, 96])
        ((224, 224), (64, 96))
    """
    both: Any = size
    if not isinstance(size, (list, tuple)):
        both = (size, size)
    if len(both) != 2 or not all(_is_length(value) for value in both):
        raise ValueError(
            'size must be a whole number of px >= 1, or (height, width), '
            f'got {size!r}'
        )
    return int(both[0]), int(both[1])


def _is_length(value: Any) -> bool:
    whole = isinstance(value, (int, np.integer))
    return whole and not isinstance(value, bool) and value >= 1
