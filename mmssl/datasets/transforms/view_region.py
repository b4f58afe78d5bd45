"""Where a random crop lies: area and aspect drawn, as torchvision does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

HW = tuple[int, int]
Window = tuple[int, int, int, int]
_TRIALS = 10
_ROUNDING = 1.05  # of the sides of small views


def random_region(
    hw: HW,
    scale: Sequence[float],
    ratio: Sequence[float],
    rng: np.random.Generator,
) -> Window:
    """Draw a window by its area and its aspect.

    Area ~ U(scale) of the image's, aspect w / h ~ log-uniform in ``ratio``,
    sides rounded; drawn again up to ten times while it does not fit, then
    the largest centred window with an aspect in ``ratio``. Any place inside
    is as likely.

    Source: the law of torchvision's ``RandomResizedCrop.get_params``.
    Deviates: its central window is at least 1 px.

    Args:
        hw: Height and width of the image, px.
        scale: Least and largest share of the area.
        ratio: Least and largest aspect.
        rng: Source of the randomness.

    Returns:
        top, left, height, width, px.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> random_region((10, 40), (1, 1), (1, 1), rng)
        (0, 15, 10, 10)
    """
    height, width = hw
    area, low, high = height * width, math.log(ratio[0]), math.log(ratio[1])
    draws = rng.random(2 * _TRIALS + 2).tolist()
    for n in range(0, 2 * _TRIALS, 2):
        target = area * (scale[0] + draws[n] * (scale[1] - scale[0]))
        aspect = math.exp(low + draws[n + 1] * (high - low))
        w = round(math.sqrt(target * aspect))
        h = round(math.sqrt(target / aspect))
        if 0 < w <= width and 0 < h <= height:
            top = int(draws[-2] * (height - h + 1))
            left = int(draws[-1] * (width - w + 1))
            return top, left, h, w
    return _central_region(hw, ratio)


def check_region(scale: Sequence[float], ratio: Sequence[float]) -> None:
    """Raise ValueError on ranges that make no sense.

    Args:
        scale: (low, high) with 0 < low <= high <= 1.
        ratio: (low, high) with 0 < low <= high, width / height.
    """
    if not _is_range(scale) or scale[1] > 1:
        raise ValueError(
            'scale must be (low, high) with 0 < low <= high <= 1, shares of '
            f"the image's area; got {scale!r}"
        )
    if not _is_range(ratio):
        raise ValueError(
            'ratio must be (low, high) with 0 < low <= high, width / height; '
            f'got {ratio!r}'
        )


def check_fit(size: HW, ratio: Sequence[float]) -> None:
    """Raise ValueError where every crop would be stretched.

    That is where a view's own aspect lies outside the range of the crops'
    aspects, by more than rounded sides explain.

    Args:
        size: Height and width of the view, px.
        ratio: Least and largest aspect of the crops, width / height.

    Example:
        >>> check_fit((256, 128), (0.4, 0.6))
    """
    aspect, (low, high) = size[1] / size[0], ratio
    if low / _ROUNDING <= aspect <= high * _ROUNDING:
        return
    hint = f'for this size e.g. ratio=({0.8 * aspect:.3g}, {1.2 * aspect:.3g})'
    if low <= 1 / aspect <= high:
        hint = f'ratio is width / height: ({1 / high:.3g}, {1 / low:.3g})?'
    raise ValueError(
        f'ratio={tuple(ratio)!r} does not fit size={tuple(size)!r}: a view '
        f'has width / height = {aspect:.3g}, so every crop would be '
        f'stretched. Take crops of about the aspect of the view, {hint}'
    )


def _is_range(values: Any) -> bool:
    return len(values) == 2 and 0 < values[0] <= values[1]


def _central_region(hw: HW, ratio: Sequence[float]) -> Window:
    height, width = hw
    h, w = height, width
    if width < height * ratio[0]:
        h = min(height, round(width / ratio[0]))
    elif width > height * ratio[1]:
        w = round(height * ratio[1])
    h, w = max(h, 1), max(w, 1)
    return (height - h) // 2, (width - w) // 2, h, w
