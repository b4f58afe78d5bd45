"""Packing a view of a person with its keypoints."""

from __future__ import annotations

import numpy as np
import torch

from mmssl.datasets.transforms.pack_views import PackViews
from mmssl.datasets.transforms.view_record import Floats, get_record
from mmssl.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackKeypoints(PackViews):
    """Turn a view of a person and its keypoints into tensors.

    Required keys: img (h, w, 3) uint8, keypoints (K, 3), person_box (4,) and
    person_area in px of the original image. Used if there: view_geometry,
    and the meta keys.

    Output: as :class:`PackViews`, and of the data sample, in px of the view:
    ``keypoints`` (K, 3) float32 x, y, v; ``person_size`` (1,) float32, the
    longer side of the person's box; ``person_area`` (1,) float32 px^2.

    Args:
        meta_keys: Keys of the sample to keep as metainfo where present.

    Raises:
        ValueError: There are several views, it is mirrored, or there are no
            keypoints.
    """

    def transform(self, results: dict) -> dict:
        """Pack the sample."""
        if 'views' in results or 'keypoints' not in results:
            raise ValueError(
                'PackKeypoints takes one view with its keypoints: use '
                'PersonKeypoints and CropPerson, and no MultiViewGeometry'
            )
        record, hw = get_record(results), results['img'].shape[:2]
        points = keypoints_of_view(results['keypoints'], record, hw)
        across, down = hw[1] / record[3], hw[0] / record[2]
        x1, y1, x2, y2 = results['person_box']
        size = max((x2 - x1) * across, (y2 - y1) * down)
        area = results['person_area'] * across * down
        packed = super().transform(results)
        sample = packed['data_samples']
        sample.keypoints = torch.from_numpy(points)
        sample.person_size = torch.tensor([size], dtype=torch.float32)
        sample.person_area = torch.tensor([area], dtype=torch.float32)
        return packed


def keypoints_of_view(
    keypoints: np.ndarray, record: Floats, hw: tuple[int, int]
) -> np.ndarray:
    """Return keypoints in px of a view.

    Args:
        keypoints: (K, 3) x, y px of the original image, v.
        record: (5,) of the view.
        hw: Its height and width, px.

    Returns:
        (K, 3) float32; beyond the view where it does not show them.

    Raises:
        ValueError: The view is mirrored: left and right would be wrong.

    Example:
        >>> record = np.array([10, 20, 100, 50, 0.0])
        >>> keypoints_of_view(np.array([[30, 60, 2]]), record, (50, 25))
        array([[ 5., 25.,  2.]], dtype=float32)
    """
    y, x, h, w, flipped = record
    if flipped:
        raise ValueError(
            'keypoints of a mirrored view would have left and right '
            'exchanged: leave FlipView out'
        )
    found = np.array(keypoints, np.float32)
    found[:, 0] = (found[:, 0] - x) * (hw[1] / w)
    found[:, 1] = (found[:, 1] - y) * (hw[0] / h)
    return found
