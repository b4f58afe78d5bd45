"""Packing an image with the class of each of its pixels."""

from __future__ import annotations

import numpy as np
import torch

from mmssl.datasets.mask_classes import IGNORED
from mmssl.datasets.transforms.pack_views import PackViews
from mmssl.datasets.transforms.view_record import Floats, get_record
from mmssl.io.errors import DataFileError
from mmssl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackMasks(PackViews):
    """Turn an image and its mask into tensors.

    The mask is never resized: it is cut to what the view shows, at its own
    resolution, so that a segmentation is judged by the labels as they were
    drawn, whatever the size of the view.

    Required keys: img (h, w, 3) uint8, gt_mask (H, W) int16, ori_shape. Used
    if there: view_geometry, and the meta keys.

    Output: as :class:`PackViews`, and ``gt_mask`` (H', W') int16 of the
    data sample, -100 outside of the image.

    Args:
        meta_keys: Keys of the sample to keep as metainfo where present.

    Raises:
        DataFileError: Mask and image differ in size.
        ValueError: There are several views, or no mask.
    """

    def transform(self, results: dict) -> dict:
        """Pack the sample."""
        if 'views' in results or 'gt_mask' not in results:
            raise ValueError(
                'PackMasks takes one view with its mask (gt_mask): use '
                'ImageMasks, and no MultiViewGeometry'
            )
        mask, shape = results['gt_mask'], tuple(results['ori_shape'])
        if mask.shape != shape:
            raise DataFileError(
                results['mask_path'],
                f'is {mask.shape[0]} x {mask.shape[1]} (height x width), its '
                f'image {shape[0]} x {shape[1]}',
                results.get('source'),
            )
        packed = super().transform(results)
        shown = mask_of_view(mask, get_record(results))
        packed['data_samples'].gt_mask = torch.from_numpy(shown)
        return packed


def mask_of_view(mask: np.ndarray, record: Floats) -> np.ndarray:
    """Return what a view shows of a mask, at the mask's resolution.

    Args:
        mask: (H, W) labels of the whole image.
        record: (5,) y, x, h, w, flipped of the view; it may reach beyond the
            image.

    Returns:
        (round(h), round(w)) labels, each that of the px in which the centre
        lies; -100 outside.

    Example:
        >>> mask = np.array([[1, 2, 3], [4, 5, 6]], np.int16)
        >>> mask_of_view(mask, np.array([1, 1, 1, 3, 1.0])).tolist()
        [[-100, 6, 5]]
    """
    y, x, h, w, flipped = record
    rows, columns = _places(y, h), _places(x, w)
    if flipped:
        columns = columns[::-1]
    inside = ((rows >= 0) & (rows < mask.shape[0]))[:, None] & (
        (columns >= 0) & (columns < mask.shape[1])
    )[None]
    shown = mask[
        rows.clip(0, mask.shape[0] - 1)[:, None],
        columns.clip(0, mask.shape[1] - 1)[None],
    ]
    return np.where(inside, shown, np.int16(IGNORED))


def _places(start: float, length: float) -> np.ndarray:
    """Return the pixels of the centres of a stretch's px."""
    number = max(1, round(length))
    step = length / number
    centres = start + (np.arange(number) + 0.5) * step
    return np.floor(centres + 1e-9).astype(np.int64)
