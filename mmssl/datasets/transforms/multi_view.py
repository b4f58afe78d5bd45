"""Several views of one image, each with the record of its geometry."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms.random import get_rng
from mmssl.datasets.transforms.view_record import get_record
from mmssl.registry import TRANSFORMS

# Names of transforms that move pixels; ResizeBlur does not.
_MOVES = re.compile(
    r'Crop|Resize(?!Blur)|Flip|Pad|Rotate|Shear|Translat|Affine'
)


@TRANSFORMS.register_module()
class MultiViewGeometry(BaseTransform):
    """Run several pipelines on one image and keep what each view shows.

    The record says which rectangle of the image as it was loaded a view
    shows, through any chain of CropView, FlipView, PadView,
    RandomResizedCropView, ResizeAspectView and ResizeView, also such before
    this transform: a crop there is common to all views.

    Required keys: img; rng and view_geometry, where there.

    Added keys:

    - views: list of V (h, w, 3) uint8
    - view_geometry: (V, 5) float64: y, x, h, w in px of the original image,
      flipped (0 or 1)
    - view_shapes: list of V (h, w)

    Args:
        views: Pipelines: transforms, built or as configs.
        num_views: How many views are made by each pipeline; None: one.

    Raises:
        ValueError: No view, or ``num_views`` does not fit ``views``; a
            transform of a view changed its size, mirrored it, or moved its
            pixels by its name, without a record.
    """

    def __init__(
        self,
        views: Sequence[Sequence[dict | Callable]],
        num_views: Sequence[int] | None = None,
    ) -> None:
        if not views:
            raise ValueError('views must name one pipeline or more, got none')
        self.num_views = _checked_counts(num_views, len(views))
        for pipeline in views:
            if isinstance(pipeline, dict):
                raise ValueError(
                    'views must be a list of pipelines, one list of '
                    f'transforms for each view, got the transform {pipeline}'
                )
        built = [
            [
                TRANSFORMS.build(step) if isinstance(step, dict) else step
                for step in pipeline
            ]
            for pipeline in views
        ]
        self.views = [
            pipeline
            for pipeline, number in zip(built, self.num_views)
            for _ in range(number)
        ]

    def transform(self, results: dict) -> dict:
        """Make the views."""
        get_rng(results)  # all views draw from one generator
        get_record(results)
        made = [_run(pipeline, dict(results)) for pipeline in self.views]
        results['views'] = [view['img'] for view in made]
        results['view_shapes'] = [view['img'].shape[:2] for view in made]
        results['view_geometry'] = np.stack([get_record(v) for v in made])
        return results

    def __repr__(self) -> str:
        inner = '\n'.join(
            f'  view {n}: {pipeline}' for n, pipeline in enumerate(self.views)
        )
        return f'{type(self).__name__}(\n{inner})'


def _checked_counts(
    num_views: Sequence[int] | None, pipelines: int
) -> tuple[int, ...]:
    """Return how many views each pipeline makes."""
    if num_views is None:
        return (1,) * pipelines
    if len(num_views) != pipelines or any(
        number != int(number) or number < 0 for number in num_views
    ):
        raise ValueError(
            'num_views must say for each pipeline of views how many views it '
            f'makes, {pipelines} whole numbers >= 0; got {num_views!r}'
        )
    if not any(num_views):
        raise ValueError(f'num_views={num_views!r} makes no view at all')
    return tuple(int(number) for number in num_views)


def _run(pipeline: Sequence[Callable], view: dict) -> dict:
    """Run one view's transforms; each must keep the record up to date."""
    view.setdefault('view_geometry', get_record(view))
    view.setdefault('view_shape', view['img'].shape[:2])
    for step in pipeline:
        # not the whole dict: copies of it cost more than a flip
        img, flip = view['img'], view.get('flip')
        record, shape = view['view_geometry'], view['view_shape']
        view = step(view)
        hw, recorded = view['img'].shape[:2], tuple(view['view_shape'])
        mirrored = bool(view.get('flip') and not flip)
        # Who keeps the record sets both anew, be it to the same numbers.
        kept = view['view_geometry'] is record and view['view_shape'] is shape
        moved = (
            kept and _moves(type(step).__name__) and _differ(view['img'], img)
        )
        if hw != recorded or mirrored or moved:
            raise ValueError(_no_record(step, hw, recorded, mirrored))
    return view


@cache
def _moves(name: str) -> bool:
    """Tell whether a transform moves pixels, by its name."""
    return bool(_MOVES.search(name))


def _differ(one: np.ndarray, other: np.ndarray) -> bool:
    return not np.array_equal(one, other)


def _no_record(
    step: Any, hw: Sequence[int], before: Sequence[int], mirrored: bool
) -> str:
    what = f'made {hw[0]} x {hw[1]} of {before[0]} x {before[1]} px'
    if tuple(hw) == tuple(before):
        what = 'mirrored the image' if mirrored else 'moved its pixels'
    return (
        f'{type(step).__name__} {what} and kept no geometry record, without '
        'which boxes of two views do not match. Inside MultiViewGeometry '
        'use CropView, FlipView, PadView, RandomResizedCropView, '
        'ResizeAspectView or ResizeView'
    )
