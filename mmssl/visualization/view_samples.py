"""Pictures of packed samples: views, or an image with labelled boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmengine.structures import BaseDataElement
from numpy.typing import NDArray
from torch import Tensor

from mmssl.visualization.box_pairs import box_pairs_panel, draw_boxes
from mmssl.visualization.layout import add_caption
from mmssl.visualization.multi_crop import multi_crop_panel


def view_sample_panel(
    views: Sequence[Tensor], sample: BaseDataElement, title: str = ''
) -> NDArray[np.uint8]:
    """Draw the views of one packed sample, with the boxes they share.

    More than two views without boxes, or views of several sizes: as
    :func:`~mmssl.visualization.multi_crop.multi_crop_panel` does.

    Args:
        views: V (3, h, w) uint8 RGB, as ``PackViews`` gives them.
        sample: May hold ``view_geometry``, ``boxes`` and ``box_views``, and
            ``gt_label``, which the first caption then names.
        title: First words of the first caption.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    geometry = sample.get('view_geometry')
    records = None if geometry is None else geometry.cpu().numpy()
    pictures = [view.cpu().permute(1, 2, 0).numpy() for view in views]
    if 'gt_label' in sample:
        names = ', '.join(str(label) for label in sample.gt_label.tolist())
        title = f'{title} label {names}'.strip()
    sizes = {tuple(view.shape[-2:]) for view in views}
    if 'boxes' not in sample and (len(sizes) > 1 or len(views) > 2):
        image_hw = sample.get('ori_shape')
        return multi_crop_panel(pictures, records, image_hw, title)
    boxes = box_views = None
    if 'boxes' in sample:
        boxes = sample.boxes.cpu().numpy()
        box_views = sample.box_views.cpu().numpy()
    return box_pairs_panel(
        pictures,
        boxes,
        box_views,
        records,
        title,
    )


def region_sample_panel(
    image: Tensor, sample: BaseDataElement, title: str = ''
) -> NDArray[np.uint8]:
    """Draw one image with its labelled boxes; colour and number: the label.

    Args:
        image: (3, h, w) uint8 RGB, as ``PackRegions`` gives it.
        sample: Holds ``gt_boxes`` (K, 4) px and ``gt_label`` (K,).
        title: First words of the caption.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    boxes = sample.gt_boxes.cpu().numpy()
    labels = sample.gt_label.cpu().tolist()
    drawn = draw_boxes(image.cpu().permute(1, 2, 0).numpy(), boxes, labels)
    return add_caption(drawn, f'{title} {len(labels)} labelled boxes'.strip())
