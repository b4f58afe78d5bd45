"""How box pairs are drawn, and what is no sensible way to draw them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

MODES = ('grid', 'random')


@dataclass(frozen=True)
class BoxPairOptions:
    """Settings of the box generator; the defaults are the published ones.

    Args:
        num_boxes: Boxes K for each pair of views.
        mode: 'grid': a box lies in a cell of a random grid, which favours
            small boxes; 'random': any box inside the shared region.
        min_size: Shortest side of a box, px of the coarser view. Views that
            share no region larger than this give no boxes.
        iou_threshold: A box is drawn again while its IoU with an earlier one
            is at least this; 1.0 takes every box.
        jitter: Sides of the second view's box are moved by up to this share
            of the box; 0 is off.
        max_trials: Boxes drawn for one place; if all overlap too much, the
            last one is taken.
        clip: Cut boxes off at the border of their view. Rounding the shared
            region to whole px can make them stand out by half a px.

    Raises:
        TypeError: A count that is no integer.
        ValueError: A value out of its range, or an unknown mode.
    """

    num_boxes: int = 10
    mode: str = 'grid'
    min_size: int = 32
    iou_threshold: float = 0.5
    jitter: float = 0.0
    max_trials: int = 50
    clip: bool = True

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(
                f'mode must be one of {list(MODES)}, got {self.mode!r}'
            )
        for name in ('num_boxes', 'min_size', 'max_trials'):
            _check_count(name, getattr(self, name))
        if not 0 < self.iou_threshold <= 1:
            raise ValueError(
                'iou_threshold must lie in (0, 1]; near 0 no boxes may '
                f'overlap, 1 takes every box; got {self.iou_threshold}'
            )
        if not 0 <= self.jitter < 0.5:
            raise ValueError(
                'jitter is a share of the box and must lie in [0, 0.5), or '
                f'boxes could leave their view; got {self.jitter}'
            )


def check_boxes_fit(options: BoxPairOptions, hw: tuple[int, int]) -> None:
    """Refuse views that are too small for the boxes asked for.

    Args:
        options: How boxes are drawn.
        hw: Height and width of a view, px.

    Raises:
        ValueError: Every pair would be skipped, as a view is no larger than
            ``min_size``; or more boxes are asked for than :func:`capacity`.
    """
    if min(hw) <= options.min_size:
        raise ValueError(
            f'min_size={options.min_size} does not fit into views of '
            f'{hw[0]} x {hw[1]} px: no box could be drawn. Take a min_size '
            f'below {min(hw)}, or larger views'
        )
    most = capacity(hw, options.min_size, options.iou_threshold)
    if options.num_boxes > most:
        raise ValueError(
            f'num_boxes={options.num_boxes} is more than views of {hw[0]} x '
            f'{hw[1]} px hold: {most} boxes of min_size={options.min_size} '
            f'with IoU below iou_threshold={options.iou_threshold}. Ask for '
            'fewer, make min_size smaller or raise iou_threshold'
        )


def capacity(hw: tuple[int, int], min_size: int, iou_threshold: float) -> int:
    """Count the smallest boxes that a view holds.

    On a regular grid, at the least distance d that keeps the IoU of
    neighbours, ``(m - d) / (m + d)``, at the threshold t:
    ``d = m (1 - t) / (1 + t)``, hence ``floor((s - m) / d) + 1`` a side.

    Args:
        hw: Height and width of the view, px, at least ``min_size``.
        min_size: m, px.
        iou_threshold: t, in (0, 1].

    Returns:
        How many; boxes are at whole px, so at most one for each.

    Example:
        >>> capacity((224, 224), 32, 1e-9), capacity((224, 224), 32, 0.5)
        (49, 361)
    """
    distance = min_size * (1 - iou_threshold) / (1 + iou_threshold)
    distance = max(distance, 1.0)
    # 1e-6: a distance that is a whole number but for rounding.
    rows, columns = (int((s - min_size) / distance + 1e-6) + 1 for s in hw)
    return rows * columns


def _check_count(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(f'{name} must be a whole number, got {value!r}')
    if value < 1:
        raise ValueError(f'{name} must be at least 1, got {value}')
