"""Choice of the boxes that two views of an image share."""

from __future__ import annotations

from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms.random import get_rng
from mmssl.registry import TRANSFORMS
from mmssl.samplers.box_options import BoxPairOptions, check_boxes_fit
from mmssl.samplers.box_pairs import sample_box_pairs


@TRANSFORMS.register_module()
class SampleBoxPairs(BaseTransform):
    """Draw boxes that show the same part of the image in every two views.

    An image whose views share no region larger than ``min_size`` gets none.

    Required keys: view_geometry and view_shapes, as MultiViewGeometry adds;
    rng and ori_shape, where there.

    Added keys:

    - boxes: (M, 2, 4) float32: x1, y1, x2, y2 in px of each of two views
    - box_views: (M, 2) int64: which two views a < b

    Source: the published SCRL's ``models/box_generator.py``.
    Deviates: drawn in the data worker, from the draw's own generator; see
    :func:`mmssl.samplers.box_pairs.sample_box_pairs`.

    Args:
        num_boxes: Boxes for each pair of views.
        mode: 'grid' or 'random'.
        min_size: Shortest side of a box, px of the coarser view.
        iou_threshold: Boxes of one image overlap less than this.
        jitter: Share by which the second view's boxes are moved; 0 is off.
        max_trials: Boxes drawn for one place before the last is taken.

    Raises:
        TypeError: A count that is no integer.
        ValueError: An option out of its range, at construction; no geometry
            record, or views too small for the boxes, when a sample is seen.
    """

    def __init__(
        self,
        num_boxes: int = 10,
        mode: str = 'grid',
        min_size: int = 32,
        iou_threshold: float = 0.5,
        jitter: float = 0.0,
        max_trials: int = 50,
    ) -> None:
        self.options = BoxPairOptions(
            num_boxes, mode, min_size, iou_threshold, jitter, max_trials
        )

    def transform(self, results: dict) -> dict:
        """Add the boxes."""
        geometry, shapes = _views(results)
        for hw in set(shapes):
            check_boxes_fit(self.options, hw)
        pairs = sample_box_pairs(
            geometry[None],
            shapes,
            self.options,
            get_rng(results),
            image_hw=results.get('ori_shape'),
        )
        results['boxes'] = pairs.boxes.astype(np.float32)
        results['box_views'] = pairs.views
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.options})'


def _views(results: dict) -> tuple[np.ndarray, list[Any]]:
    """Return records (V, 5) and sizes of the views, or raise ValueError."""
    geometry = results.get('view_geometry')
    shapes = results.get('view_shapes')
    if geometry is None or shapes is None or np.ndim(geometry) != 2:
        raise ValueError(
            'views without geometry record: SampleBoxPairs needs '
            'view_geometry (V, 5) and view_shapes, got '
            f'{_told(geometry)} and {shapes}. Put MultiViewGeometry before '
            'SampleBoxPairs'
        )
    if len(geometry) < 2:
        raise ValueError(
            'box pairs need two views or more, MultiViewGeometry made '
            f'{len(geometry)}; give it another pipeline, or leave '
            'SampleBoxPairs out'
        )
    return np.asarray(geometry), [tuple(hw) for hw in shapes]


def _told(geometry: Any) -> str:
    return 'none' if geometry is None else f'shape {np.shape(geometry)}'
