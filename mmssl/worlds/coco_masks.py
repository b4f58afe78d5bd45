"""Masks as run lengths in the text form of COCO."""

from __future__ import annotations

import numpy as np


def run_lengths(mask: np.ndarray) -> np.ndarray:
    """Return the lengths of runs of 0 and 1 in turn, down the columns.

    Args:
        mask: (H, W) bool.

    Returns:
        (R,) int64; the first counts zeros and may be 0; the sum is H W.

    Example:
        >>> run_lengths(np.array([[1, 0], [1, 1]], bool)).tolist()
        [0, 2, 1, 1]
    """
    flat = np.ascontiguousarray(mask.T, np.uint8).ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    first = [0, 0] if flat.size and flat[0] else [0]
    return np.diff(np.concatenate([first, changes, [flat.size]]))


def rle_text(lengths: np.ndarray) -> str:
    """Return run lengths as COCO's text.

    From the fourth on, each length is taken as its difference to the one two
    before. A number is written in groups of 5 bits, the lowest first, in
    two's complement; 32 is added to all groups of a number but the last, and
    48 makes each a character.

    Args:
        lengths: (R,) int, of :func:`run_lengths`.

    Example:
        >>> rle_text(np.array([0, 2, 1, 1]))
        '021O'
    """
    values = np.array(lengths, np.int64)
    values[3:] -= np.asarray(lengths)[1:-2]
    text = bytearray()
    for value in values.tolist():
        while True:
            group = value & 31
            value >>= 5
            # what is left is the sign of the bit written last
            if value == (-1 if group & 16 else 0):
                text.append(group + 48)
                break
            text.append(group + 32 + 48)
    return text.decode('ascii')


def coco_mask(mask: np.ndarray) -> dict:
    """Return a mask as the ``segmentation`` of a COCO annotation.

    Args:
        mask: (H, W) bool.

    Returns:
        ``size`` [H, W] and ``counts``, the text.
    """
    return dict(size=list(mask.shape), counts=rle_text(run_lengths(mask)))


def mask_box(mask: np.ndarray) -> list[int]:
    """Return the tight box of a mask as x, y, width, height, px.

    Args:
        mask: (H, W) bool, with a pixel that is set.

    Raises:
        ValueError: The mask is empty.

    Example:
        >>> mask_box(np.array([[0, 0, 0], [0, 1, 1]], bool))
        [1, 1, 2, 1]
    """
    rows = np.flatnonzero(mask.any(1))
    columns = np.flatnonzero(mask.any(0))
    if not len(rows):
        raise ValueError('an empty mask has no box')
    x, y = int(columns[0]), int(rows[0])
    return [x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1]
