"""Mirroring of views."""

from __future__ import annotations

import cv2
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms.checks import checked_prob
from mmssl.datasets.transforms.random import get_rng
from mmssl.datasets.transforms.view_record import (
    flip_record,
    get_record,
    set_view,
)
from mmssl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class FlipView(BaseTransform):
    """Mirror a view left to right at random, and record it.

    Required keys: img; rng and view_geometry, where there.

    Modified keys: img, img_shape, view_geometry, view_shape.

    Args:
        prob: How often, in [0, 1].

    Raises:
        ValueError: ``prob`` out of range.
    """

    def __init__(self, prob: float = 0.5) -> None:
        self.prob = checked_prob(prob)

    def transform(self, results: dict) -> dict:
        """Flip."""
        record, img = get_record(results), results['img']
        if get_rng(results).random() < self.prob:
            record, img = flip_record(record), cv2.flip(img, 1)
        return set_view(results, img, record)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(prob={self.prob})'
