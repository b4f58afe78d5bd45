"""Boxes taken one after another, none overlapping an earlier one too much."""

from __future__ import annotations

import functools
import operator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mmssl.samplers.box_candidates import draw_candidates
from mmssl.samplers.box_options import BoxPairOptions

Floats = NDArray[np.float64]
_AT_ONCE = 1 << 16  # overlaps computed together: they stay in the cache
# Candidates for each box that most regions need; 'random' boxes are larger.
_NEEDED = {'grid': 1.5, 'random': 2.4}
# Candidates drawn at a time: a word of bits says which ones conflict.
_WORDS = {8: '<u1', 16: '<u2', 32: '<u4', 64: '<u8'}


class _Progress(NamedTuple):
    """Where the scan of N regions stands.

    Attributes:
        ends: (2, 2, N, K) of the boxes taken; 0 where none is yet.
        taken: N numbers of boxes taken.
        left: N numbers of candidates left for the next box.
    """

    ends: Floats
    taken: list[int]
    left: list[int]


def choose_boxes(
    size: Floats,
    border: Floats,
    options: BoxPairOptions,
    rng: np.random.Generator,
) -> Floats:
    """Draw K boxes in each of N regions by rejection.

    One after another: a candidate is refused while its IoU with any box
    taken before is at least ``iou_threshold``; the last of ``max_trials``
    candidates is taken in any case. Compared are the whole candidate and the
    boxes taken as cut off at the border of the first view.

    Candidates of a region all have one law, so they are drawn in blocks, and
    all overlaps of a block are computed at once; only the scan is serial.

    Source: the published SCRL's ``models/box_generator.py``.
    Deviates: none in law.

    Args:
        size: (2, N) width and height of the regions, whole px, larger than
            ``min_size``.
        border: (2, 2, N) left and top, then right and bottom border of the
            first view, px of the region.
        options: How boxes are drawn.
        rng: Source of the randomness.

    Returns:
        (2, 2, N, K) left and top, then right and bottom of the boxes, px.
    """
    n, k = size.shape[1], options.num_boxes
    progress = _Progress(
        np.zeros((2, 2, n, k)), [0] * n, [options.max_trials] * n
    )
    rows, block = list(range(n)), first_block(options)
    while rows:
        at_once = _AT_ONCE // block**2
        for first in range(0, len(rows), at_once):
            part = rows[first : first + at_once]
            _take_block(progress, part, block, (size, border), options, rng)
        rows = [i for i in rows if progress.taken[i] < k]
        block = 64
    return progress.ends


def first_block(options: BoxPairOptions) -> int:
    """Choose how many candidates to draw first; most regions need no more.

    Args:
        options: How boxes are drawn.

    Returns:
        A length of words.
    """
    needed = _NEEDED[options.mode] * options.num_boxes
    return next((n for n in _WORDS if n >= needed), 64)


def overlapping(
    ends: Floats, kept: Floats, border: Floats, threshold: float
) -> NDArray[np.bool_]:
    """Tell which boxes overlap kept ones, cut off at a border, too much.

    ``IoU >= t`` without a division: ``(1 + t) * both >= t * (a + b)``.

    Args:
        ends: (2, 2, N, M) left and top, then right and bottom.
        kept: (2, 2, N, J) the same of kept boxes; boxes of no size overlap
            nothing.
        border: (2, 2, N) the same of the border.
        threshold: t.

    Returns:
        (N, J, M) bool.
    """
    # Whole numbers, exact in float32 up to 4096 px a side.
    low, high = ends.astype(np.float32)
    kept_low = np.maximum(kept[0], border[0, ..., None], dtype=np.float32)
    kept_high = np.minimum(kept[1], border[1, ..., None], dtype=np.float32)
    side, kept_side = high - low, kept_high - kept_low
    area = side[0] * side[1] * np.float32(threshold)
    kept_area = kept_side[0] * kept_side[1] * np.float32(threshold)
    sides = np.minimum(high[:, :, None], kept_high[..., None])
    sides -= np.maximum(low[:, :, None], kept_low[..., None])
    np.maximum(sides, 0, out=sides)
    both = np.multiply(sides[0], sides[1], out=sides[0])
    both *= np.float32(1 + threshold)
    return both >= area[:, None] + kept_area[:, :, None]


def scan(
    conflicts: list[int], blocked: int, missing: int, left: int, trials: int
) -> tuple[list[int], int]:
    """Take candidates in order, as far as they reach.

    Args:
        conflicts: For each candidate a number whose bit i says that
            candidate i overlaps it too much.
        blocked: The same of all boxes taken earlier.
        missing: Boxes still to be taken.
        left: Candidates left for the next box, the last of which is taken
            in any case.
        trials: The same for all boxes after it.

    Returns:
        Positions of those taken, and how many candidates are left for the
        next box.

    Example:
        >>> scan([0b011, 0b011, 0b100], 0, missing=2, left=9, trials=9)
        ([0, 2], 9)
    """
    taken: list[int] = []
    at, length = 0, len(conflicts)
    while len(taken) < missing:
        free = ~blocked >> at
        step = min((free & -free).bit_length(), left)
        if at + step > length:
            return taken, left - (length - at)
        at += step
        taken.append(at - 1)
        blocked |= conflicts[at - 1]
        left = trials
    return taken, left


def _take_block(
    progress: _Progress,
    rows: list[int],
    block: int,
    regions: tuple[Floats, Floats],
    options: BoxPairOptions,
    rng: np.random.Generator,
) -> None:
    """Draw a block of candidates for some regions and take what goes."""
    index = np.array(rows)
    size, border = (part[..., index] for part in regions)
    ends = draw_candidates(size, block, options.mode, options.min_size, rng)
    had = max(progress.taken[row] for row in rows)
    kept = ends
    if had:
        earlier = progress.ends[:, :, index, :had]
        kept = np.concatenate([earlier, ends], axis=3)
    words = _conflict_words(ends, kept, border, options.iou_threshold)
    places: list[int] = []
    slots: list[int] = []
    columns: list[int] = []
    for place, row in enumerate(rows):
        taken = progress.taken[row]
        found, progress.left[row] = scan(
            words[place][had:],
            functools.reduce(operator.or_, words[place][:taken], 0),
            options.num_boxes - taken,
            progress.left[row],
            options.max_trials,
        )
        progress.taken[row] += len(found)
        places += [place] * len(found)
        slots += range(taken, taken + len(found))
        columns += found
    where = np.array(places, np.intp)
    progress.ends[:, :, index[where], slots] = ends[:, :, where, columns]


def _conflict_words(
    ends: Floats, kept: Floats, border: Floats, threshold: float
) -> list[list[int]]:
    """Return N lists, for each kept box a number.

    Its bit i says that box i overlaps it too much.
    """
    n, count = ends.shape[2:]
    if threshold == 1:  # as published: takes equal boxes too
        return [[0] * kept.shape[3]] * n
    found = overlapping(ends, kept, border, threshold)
    packed = np.packbits(found, axis=2, bitorder='little')
    return packed.view(_WORDS[count])[..., 0].tolist()
