"""Matching boxes of two views: the pairs that SCRL compares."""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmssl.samplers.box_frame import SharedFrame, shared_frame
from mmssl.samplers.box_options import BoxPairOptions
from mmssl.samplers.box_rejection import choose_boxes

Floats = NDArray[np.float64]


class BoxPairs(NamedTuple):
    """Boxes of M pairs; both boxes of one show one part of the image.

    Attributes:
        boxes: (M, 2, 4) float64; x1, y1, x2, y2 in px of each view.
        images: (M,) int64, place of the image in the batch.
        views: (M, 2) int64, which views a < b the boxes lie in.
    """

    boxes: Floats
    images: NDArray[np.int64]
    views: NDArray[np.int64]


def sample_box_pairs(
    geometry: Any,
    shapes: Any,
    options: BoxPairOptions,
    rng: np.random.Generator,
    image_hw: Any = None,
) -> BoxPairs:
    """Draw K box pairs in every two views of N images at once.

    Views that share no region larger than ``min_size`` in the coarser one
    give no boxes; all others give exactly K. Without jitter and clipping
    both boxes of a pair are one rectangle of the original image.

    Source: Roh et al. 2021 (SCRL), arXiv:2103.06122, sec. 3; published
    ``models/box_generator.py``, as corrected in its revision 33e8b6e.

    Deviates: any number of views, which need not be square; jittered boxes
    are cut off on all four sides.

    Args:
        geometry: (N, V, 5): y, x, h, w in px of the original image, and
            whether the view is mirrored (0 or 1).
        shapes: (V, 2) or (N, V, 2) height and width of the views, px.
        options: How boxes are drawn.
        rng: Source of the randomness.
        image_hw: (2,) or (N, 2) height and width of the original images;
            boxes then stay inside. None: crops lie inside anyway.

    Returns:
        The pairs, ordered by image, then by views, then as drawn.

    Raises:
        ValueError: Shapes that do not fit together, or crops that are not
            finite or empty.

    Example:
        >>> geometry = [[[0, 0, 300, 300, 0], [50, 60, 200, 200, 1]]]
        >>> pairs = sample_box_pairs(
        ...     geometry,
        ...     [[224, 224], [224, 224]],
        ...     BoxPairOptions(num_boxes=3),
        ...     np.random.default_rng(0),
        ... )
        >>> pairs.boxes.shape, pairs.views.tolist()
        ((3, 2, 4), [[0, 1], [0, 1], [0, 1]])
    """
    geometry, shapes = _checked(geometry, shapes)
    n, v = geometry.shape[:2]
    twos = np.array(list(combinations(range(v), 2)), np.int64).reshape(-1, 2)
    # Rows are images, and within them pairs of views.
    frame = shared_frame(
        geometry[:, twos.T].swapaxes(0, 1).reshape(2, -1, 5),
        shapes[:, twos.T].swapaxes(0, 1).reshape(2, -1, 2),
        _for_each_row(image_hw, n, len(twos)),
    )
    large = (frame.size > options.min_size).all(0)
    rows = np.flatnonzero(large)
    if len(rows) < len(large):
        frame = frame.take(rows)
    boxes = _boxes_in_views(frame, options, rng)
    rows = rows.repeat(options.num_boxes)
    images, pair = np.divmod(rows, max(len(twos), 1))
    return BoxPairs(boxes.reshape(-1, 2, 4), images, twos[pair])


def _boxes_in_views(
    frame: SharedFrame, options: BoxPairOptions, rng: np.random.Generator
) -> Floats:
    """Draw boxes in the frame and map them to both views.

    Returns:
        (N, K, 2, 4) x1, y1, x2, y2 px.
    """
    border = np.empty((2, *frame.size.shape))
    np.negative(frame.shift[:, 0], out=border[0])
    np.add(border[0], frame.view[:, 0], out=border[1])
    border /= frame.ratio[:, 0]
    # Low and high end, 2 axes, 2 views, N, K.
    ends = choose_boxes(frame.size, border, options, rng)[:, :, None]
    ends = ends * frame.ratio[..., None] + frame.shift[..., None]
    view = frame.view[..., None]
    ends[:, 0] = np.where(
        frame.flipped[..., None], view[0] - ends[::-1, 0], ends[:, 0]
    )
    if options.jitter:
        _jitter(ends[:, :, 1], options.jitter, rng)
    if options.clip:
        np.maximum(ends, 0, out=ends)
        np.minimum(ends, view, out=ends)
    boxes = ends.transpose(3, 4, 2, 0, 1)
    return boxes.reshape(*boxes.shape[:3], 4)


def _jitter(ends: Floats, amount: float, rng: np.random.Generator) -> None:
    """Move the sides of boxes at random, in place.

    ``j ~ U(1 - a, 1 + a)``: ``low += side (j0 - 1)``, then
    ``high = low + side j1`` from the new ``low``, as published.

    Args:
        ends: (2, 2, N, K) low and high end on both axes, px.
        amount: a.
        rng: Source of the randomness.
    """
    draws = rng.uniform(1 - amount, 1 + amount, ends.shape)
    side = ends[1] - ends[0]
    ends[0] += side * (draws[0] - 1)
    ends[1] = ends[0] + side * draws[1]


def _checked(geometry: Any, shapes: Any) -> tuple[Floats, Floats]:
    """Return records (N, V, 5) and sizes (N, V, 2), or raise ValueError."""
    geometry = np.asarray(geometry, np.float64)
    if geometry.ndim != 3 or geometry.shape[2] != 5:
        raise ValueError(
            'geometry must have shape (N, V, 5): y, x, h, w, flipped of each '
            f'view, got {geometry.shape}'
        )
    shapes = np.asarray(shapes, np.float64)
    expected = (*geometry.shape[:2], 2)
    if shapes.shape not in (expected, expected[1:]):
        raise ValueError(
            'shapes must give height and width of each view, '
            f'{expected[1:]} or {expected}, got {shapes.shape}'
        )
    if shapes.ndim == 2:
        shapes = shapes[None].repeat(len(geometry), axis=0)
    positive = geometry.size == 0 or (
        geometry[..., 2:4].min() > 0 and shapes.min() > 0
    )
    if not positive or not np.isfinite(geometry).all():
        _refuse(geometry, shapes)
    return geometry, shapes


def _refuse(geometry: Floats, shapes: Floats) -> None:
    """Raise ValueError for the first crop that is none."""
    wrong = ~np.isfinite(geometry).all(2)
    wrong |= (geometry[..., 2:4] <= 0).any(2) | (shapes <= 0).any(2)
    n, v = np.argwhere(wrong)[0]
    raise ValueError(
        f'image {n}, view {v}: y, x, h, w, flipped = '
        f'{geometry[n, v].tolist()} of a view of {shapes[n, v].tolist()} px '
        'is no crop: numbers must be finite, h and w positive'
    )


def _for_each_row(image_hw: Any, images: int, pairs: int) -> Floats | None:
    """Return the sizes of the images, (images * pairs, 2), or None."""
    if image_hw is None:
        return None
    sizes = np.asarray(image_hw, np.float64).reshape(-1, 2)
    return sizes.repeat(images * pairs // len(sizes), axis=0)
