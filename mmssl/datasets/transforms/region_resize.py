"""Resize an image by its short side, boxes with it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms.random import get_rng
from mmssl.registry import TRANSFORMS


def fitted_size(
    shape_hw: tuple[int, int], short_side: int, max_size: int | None
) -> tuple[int, int]:
    """Return the size whose short side is ``short_side`` px.

    The ratio of the sides is kept; where the long side would exceed
    ``max_size``, the long side is ``max_size``.

    Args:
        shape_hw: Height and width, px.
        short_side: Asked for, px.
        max_size: Most of the long side, px; None: no limit.

    Example:
        >>> fitted_size((480, 640), 240, None), fitted_size((10, 40), 10, 20)
        ((240, 320), (5, 20))
    """
    scale = short_side / min(shape_hw)
    if max_size is not None:
        scale = min(scale, max_size / max(shape_hw))
    height, width = (max(1, int(side * scale + 0.5)) for side in shape_hw)
    return height, width


@TRANSFORMS.register_module()
class ResizeRegions(BaseTransform):
    """Resize to a short side drawn from a list; boxes follow.

    Required keys: img, rng; gt_bboxes (K, 4), if there.
    Modified keys: img, img_shape, gt_bboxes (scaled by the sizes after
    rounding).

    Args:
        short_side: Px, or several of which one is drawn for each image.
        max_size: Most of the long side, px; None: no limit.

    Raises:
        ValueError: A size below 1.
    """

    def __init__(
        self,
        short_side: int | Sequence[int] = 800,
        max_size: int | None = 1333,
    ) -> None:
        sides = (short_side,) if isinstance(short_side, int) else short_side
        self.short_sides = tuple(sides)
        self.max_size = max_size
        limits = [] if max_size is None else [max_size]
        if not self.short_sides or min(*self.short_sides, *limits, 1) < 1:
            raise ValueError(
                'short_side and max_size must be >= 1 px, got '
                f'{short_side!r} and {max_size!r}'
            )

    def transform(self, results: dict) -> dict:
        """Resize image and boxes."""
        place = 0
        if len(self.short_sides) > 1:
            place = int(get_rng(results).integers(len(self.short_sides)))
        old = results['img'].shape[:2]
        new = fitted_size(old, self.short_sides[place], self.max_size)
        if new != old:
            shrinks = new[0] < old[0]
            results['img'] = cv2.resize(
                results['img'],
                new[::-1],
                interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR,
            )
        results['img_shape'] = new
        if 'gt_bboxes' in results:
            factors = (new[1] / old[1], new[0] / old[0])
            results['gt_bboxes'] = results['gt_bboxes'] * np.array(
                factors * 2, np.float32
            )
        return results
