"""The record of a view: which rectangle of the original image it shows.

Five float64 numbers: y, x, h, w of the rectangle in px of the image as it
was loaded, and whether it is mirrored (0 or 1). A resize changes none of
them; crops of crops compose exactly, whatever was resized between.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HW = tuple[int, int]
Floats = NDArray[np.float64]


def whole_record(hw: HW) -> Floats:
    """Return the record of the whole image.

    Args:
        hw: Its height and width, px.

    Returns:
        (5,) y, x, h, w, flipped.
    """
    return np.array([0, 0, *hw, 0], np.float64)


def crop_record(record: Floats, hw: HW, window: tuple[float, ...]) -> Floats:
    """Return the record of a window of a view.

    Args:
        record: (5,) of the view.
        hw: Height and width of the view, px.
        window: top, left, height, width in px of the view; it may reach
            beyond the view (padding).

    Returns:
        (5,).

    Example:
        >>> half = np.array([10, 20, 100, 100, 1.0])
        >>> crop_record(half, (50, 50), (0, 0, 50, 10)).tolist()
        [10.0, 100.0, 100.0, 20.0, 1.0]
    """
    # Python's numbers: numpy's are slow one by one.
    y, x, h, w, flipped = record.tolist()
    top, left, height, width = window
    down, across = h / hw[0], w / hw[1]
    if flipped:
        left = hw[1] - left - width
    return np.array(
        [
            y + top * down,
            x + left * across,
            height * down,
            width * across,
            flipped,
        ]
    )


def flip_record(record: Floats) -> Floats:
    """Return the record of the mirrored view.

    Args:
        record: (5,) of the view.
    """
    flipped = record.copy()
    flipped[4] = 1 - flipped[4]
    return flipped


def to_original(boxes: Floats, record: Floats, hw: HW) -> Floats:
    """Map boxes of a view to the original image.

    Args:
        boxes: (..., 4) x1, y1, x2, y2 in px of the view.
        record: (5,) of the view.
        hw: Height and width of the view, px.

    Returns:
        (..., 4) x1, y1, x2, y2 in px of the original image.

    Example:
        >>> record = np.array([10, 20, 100, 100, 1.0])
        >>> to_original(np.array([0, 0, 5, 10.0]), record, (50, 50)).tolist()
        [110.0, 10.0, 120.0, 30.0]
    """
    y, x, h, w, flipped = record
    x1, y1, x2, y2 = np.moveaxis(np.asarray(boxes, np.float64), -1, 0)
    if flipped:
        x1, x2 = hw[1] - x2, hw[1] - x1
    across, down = w / hw[1], h / hw[0]
    return np.stack(
        [x + x1 * across, y + y1 * down, x + x2 * across, y + y2 * down], -1
    )


def get_record(results: dict) -> Floats:
    """Return the record of ``results['img']``.

    An image without one shows itself, whole.

    Args:
        results: A sample on its way through the pipeline.

    Returns:
        (5,).

    Raises:
        ValueError: The image has another size than the record was made for:
            a transform that keeps no record has changed it. Or views have
            been made of it already.
    """
    hw = results['img'].shape[:2]
    if 'views' in results:
        raise ValueError(
            'the views are made already: transforms that crop, resize or '
            'mirror must stand inside or before MultiViewGeometry'
        )
    if 'view_geometry' not in results:
        return whole_record(hw)
    made_for = tuple(results.get('view_shape', hw))
    if made_for != hw:
        raise ValueError(
            f'the image is {hw[0]} x {hw[1]} px, but its geometry record was '
            f'made for {made_for[0]} x {made_for[1]} px: a transform between '
            'changed its size and kept no record. Use CropView, FlipView, '
            'PadView, RandomResizedCropView, ResizeAspectView or ResizeView'
        )
    return results['view_geometry']


def set_view(results: dict, img: np.ndarray, record: Floats) -> dict:
    """Put an image and its record into a sample.

    Args:
        results: A sample on its way through the pipeline; it is changed.
        img: (h, w, 3) uint8.
        record: (5,).

    Returns:
        ``results``.
    """
    results['img'] = img
    results['view_geometry'] = record
    results['img_shape'] = results['view_shape'] = img.shape[:2]
    return results
