"""What to show where a forward warp has left nothing.

Two kinds of holes: cracks inside of what is stretched, which its own pixels
close; and ground that something has left, which was never seen and is taken
from a background from which all that moves was painted out.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

# Pixels around a hole from which OpenCV's inpainting takes colours.
_INPAINT_RADIUS = 3
# What moves is cut out with a margin: its outline is soft.
_MARGIN_PX = 2
FILLS = ('background', 'inpaint', 'none')


def fill_holes(
    warped: NDArray[np.uint8],
    hole: NDArray[np.bool_],
    background: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Close cracks, then fill what is left.

    Args:
        warped: (H, W, 3) uint8.
        hole: (H, W) bool.
        background: (H, W, 3) uint8 to show through; None: paint from around
            the hole.

    Returns:
        (H, W, 3) uint8; pixels that are no holes are as they were.
    """
    filled, hole = close_cracks(warped, hole)
    if not hole.any():
        return filled
    if background is None:
        return inpaint(filled, hole)
    return np.where(hole[..., None], background, filled)


def close_cracks(
    warped: NDArray[np.uint8], hole: NDArray[np.bool_]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Fill holes that have no hole to both sides, or above and below.

    With the mean of all neighbours that are none. A larger hole has such
    neighbours on one side only and stays.

    Args:
        warped: (H, W, 3) uint8.
        hole: (H, W) bool.

    Returns:
        The image, and the holes that are left.
    """
    known = ~hole
    beside, above = np.zeros_like(hole), np.zeros_like(hole)
    beside[:, 1:-1] = known[:, :-2] & known[:, 2:]
    above[1:-1] = known[:-2] & known[2:]
    crack = hole & (beside | above)
    if not crack.any():
        return warped.copy(), hole.copy()
    weight = known.astype(np.float32)
    count = _around(weight)
    sums = _around(warped * weight[..., None])
    mean = sums[crack] / count[crack][:, None]
    filled = warped.copy()
    filled[crack] = np.rint(mean).astype(np.uint8)
    return filled, hole & ~crack


def background_of(
    image: NDArray[np.uint8], flow: NDArray[np.float32], share: float = 0.2
) -> NDArray[np.uint8]:
    """Paint out all that moves.

    Args:
        image: (H, W, 3) uint8.
        flow: (H, W, 2) px.
        share: What is faster than this share of the fastest, moves.

    Returns:
        (H, W, 3) uint8. Where everything moves there is no background: the
        image as it is.

    Raises:
        ValueError: ``share`` is not in (0, 1).
    """
    if not 0 < share < 1:
        raise ValueError(f'share must be in (0, 1), got {share}')
    speed = np.hypot(flow[..., 0], flow[..., 1])
    moving = speed > share * max(float(speed.max()), 1e-6)
    size = 2 * _MARGIN_PX + 1
    moving = cv2.dilate(moving.astype(np.uint8), np.ones((size, size))) > 0
    if moving.all() or not moving.any():
        return image.copy()
    return inpaint(image, moving)


def inpaint(
    image: NDArray[np.uint8], hole: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Continue the surroundings of holes into them (Navier-Stokes).

    Args:
        image: (H, W, 3) uint8.
        hole: (H, W) bool.

    Returns:
        (H, W, 3) uint8.
    """
    if hole.all():
        return image.copy()
    mask = hole.astype(np.uint8)
    return cv2.inpaint(image, mask, _INPAINT_RADIUS, cv2.INPAINT_NS)


def _around(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sum over the eight neighbours; nothing beyond the border."""
    kernel = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], np.float32)
    return cv2.filter2D(
        values.astype(np.float32), -1, kernel, borderType=cv2.BORDER_CONSTANT
    )
