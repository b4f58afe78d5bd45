"""Pictures of packed samples that hold views."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmengine.structures import BaseDataElement
from numpy.typing import NDArray
from torch import Tensor

from mmssl.visualization.box_pairs import box_pairs_panel


def view_sample_panel(
    views: Sequence[Tensor], sample: BaseDataElement, title: str = ''
) -> NDArray[np.uint8]:
    """Draw the views of one packed sample, with the boxes they share.

    Args:
        views: V (3, h, w) uint8 RGB, as ``PackViews`` gives them.
        sample: May hold ``view_geometry``, ``boxes`` and ``box_views``.
        title: First words of the first caption.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    geometry = sample.get('view_geometry')
    boxes, box_views = np.zeros((0, 2, 4)), np.zeros((0, 2))
    if 'boxes' in sample:
        boxes = sample.boxes.cpu().numpy()
        box_views = sample.box_views.cpu().numpy()
    return box_pairs_panel(
        [view.cpu().permute(1, 2, 0).numpy() for view in views],
        boxes,
        box_views,
        None if geometry is None else geometry.cpu().numpy(),
        title,
    )
