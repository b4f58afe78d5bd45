"""The region that two views of an image share, in px of the coarser one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class SharedFrame(NamedTuple):
    """Coordinates of the region that N pairs of views share.

    First axis of all: x, y. A position p px into the region lies at
    ``p * ratio[:, k] + shift[:, k]`` px of view k, before flipping.

    Attributes:
        size: (2, N) width and height of the region, whole px of the frame.
        ratio: (2, 2, N) px of view k for each px of the frame, >= 1.
        shift: (2, 2, N) px of view k left and above of the region.
        view: (2, 2, N) width and height of view k, px.
        flipped: (2, N) bool, whether view k is mirrored.
    """

    size: Floats
    ratio: Floats
    shift: Floats
    view: Floats
    flipped: NDArray[np.bool_]

    def take(self, rows: NDArray) -> SharedFrame:
        """Return the frame of some pairs.

        Args:
            rows: Indices or mask of the pairs.
        """
        return SharedFrame(
            self.size[:, rows],
            self.ratio[..., rows],
            self.shift[..., rows],
            self.view[..., rows],
            self.flipped[:, rows],
        )


def shared_frame(
    records: Floats, view_hw: Floats, image_hw: Floats | None = None
) -> SharedFrame:
    """Find the regions that pairs of views share.

    Region: intersection of both crops in px of the original image. Frame:
    for each axis the px of the view that shows it coarser, so that a box of
    m px is at least m px in both. Width and height are rounded (half to
    even).

    Source: the published SCRL's ``models/box_generator.py``.
    Deviates: views need not be square nor of one size; regions outside the
    image (padding) do not count where its size is given.

    Args:
        records: (2, N, 5) of view k and pair n: y, x, h, w in px of the
            original image, and flipped.
        view_hw: (2, N, 2) height and width of the views, px.
        image_hw: (N, 2) height and width of the original images, px; None:
            crops lie inside.

    Returns:
        The frame; sizes may be <= 0, where nothing is shared.

    Example:
        >>> wide, near = [0, 0, 448, 448, 0], [0, 224, 224, 224, 0]
        >>> frame = shared_frame(
        ...     np.array([[wide], [near]], float), np.full((2, 1, 2), 224.0)
        ... )
        >>> frame.size.T.tolist(), frame.ratio[:, 1].T.tolist()
        ([[112.0, 112.0]], [[2.0, 2.0]])
    """
    # Axes first: (2 axes, 2 views, N).
    crops = records.transpose(2, 0, 1)
    corner, extent = crops[1::-1], crops[3:1:-1]
    view = view_hw.transpose(2, 0, 1)[::-1]
    end = corner + extent
    low = np.maximum(corner[:, 0], corner[:, 1])
    high = np.minimum(end[:, 0], end[:, 1])
    if image_hw is not None:
        low = np.maximum(low, 0)
        high = np.minimum(high, image_hw.T[::-1])
    scale = view / extent
    coarser = np.minimum(scale[:, 0], scale[:, 1])
    return SharedFrame(
        size=np.rint((high - low) * coarser),
        ratio=scale / coarser[:, None],
        shift=(low[:, None] - corner) * scale,
        view=view,
        flipped=crops[4] != 0,
    )
