"""Points for guidance probes, guessed from the picture alone.

The guess: colours along the border of the picture are background, the thing
that differs from them near the middle is the object. It fails on crowded
pictures; then give the points by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

# Width of the border that is taken for background, share of the side.
_BORDER = 0.08
# An object smaller or larger than this share of the picture is not believed.
_AREA = (0.02, 0.7)


@dataclass(frozen=True)
class ProbePoints:
    """Where the probes put their vectors; all (row, col).

    Attributes:
        parts: (P, 2) int64, on different parts of the object; the first is
            the place deepest inside.
        pair: (2, 2) int64, two points on one rigid part.
        background: (1, 2) int64, far from the object.
    """

    parts: NDArray[np.int64]
    pair: NDArray[np.int64]
    background: NDArray[np.int64]


def guess_points(image: NDArray[np.uint8], parts: int = 4) -> ProbePoints:
    """Choose the points of all probes.

    * ``parts``: the pixel deepest inside the object mask, then one after
      another the pixel farthest from those chosen, among those at least a
      third as deep.
    * ``pair``: left and right (or above and below, if the mask is longer
      that way) of the deepest pixel, by 60 % of its depth, hence both in one
      circle inside the mask.
    * ``background``: the pixel farthest from object and picture border.

    Args:
        image: (H, W, 3) uint8 RGB.
        parts: How many points on the object, >= 1.

    Returns:
        The points. The same picture gives the same points.

    Raises:
        ValueError: ``parts`` is below 1.
    """
    if parts < 1:
        raise ValueError(f'parts must be >= 1, got {parts}')
    mask = object_mask(image)
    depth = _depth(mask)
    chosen = _spread(depth, parts)
    deepest = chosen[0]
    reach = max(1, int(0.6 * depth[tuple(deepest)]))
    rows, cols = np.nonzero(mask)
    across = np.ptp(cols) >= np.ptp(rows)
    step = np.array([0, reach] if across else [reach, 0])
    far = _depth(~mask)
    background = np.unravel_index(far.argmax(), far.shape)
    return ProbePoints(
        parts=np.stack(chosen),
        pair=np.stack([deepest - step, deepest + step]),
        background=np.array([background], dtype=np.int64),
    )


def object_mask(image: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Guess which pixels are the object in the middle.

    Score = Mahalanobis distance, in Lab, from the colours of the border,
    times a Gaussian around the middle; Otsu's threshold; the connected
    region with the largest total score, without holes. Where that gives
    nothing sensible, an ellipse in the middle.

    Args:
        image: (H, W, 3) uint8 RGB.

    Returns:
        (H, W) bool, at least one True and one False.
    """
    height, width = image.shape[:2]
    smooth = cv2.GaussianBlur(image, (0, 0), max(1.0, min(height, width) / 96))
    lab = cv2.cvtColor(smooth, cv2.COLOR_RGB2LAB).astype(np.float64)
    score = _border_distance(lab) * _middle(height, width)
    grey = (255 * score / max(score.max(), 1e-9)).astype(np.uint8)
    _, binary = cv2.threshold(
        grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU
    )
    radius = max(1, min(height, width) // 48)
    kernel = cv2.getStructuringElement(
        cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1)
    )
    opened = cv2.morphologyEx(binary, cv2.MORPH_OPEN, kernel)
    count, labels = cv2.connectedComponents(opened)
    if count > 1:
        totals = np.bincount(labels.ravel(), score.ravel(), count)
        mask = _without_holes(labels == 1 + totals[1:].argmax())
        if _AREA[0] <= mask.mean() <= _AREA[1]:
            return mask
    return _middle(height, width) > 0.6


def _border_distance(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each colour is from those of the border."""
    height, width = lab.shape[:2]
    rows, cols = (max(1, int(_BORDER * side)) for side in (height, width))
    border = np.ones((height, width), dtype=bool)
    border[rows:-rows, cols:-cols] = False
    colors = lab[border]
    difference = lab - colors.mean(axis=0)
    # A plain border has no spread; a unit of variance keeps it invertible.
    spread = np.cov(colors, rowvar=False) + np.eye(3)
    inverse = np.linalg.inv(spread)
    squared = np.einsum('hwi,ij,hwj->hw', difference, inverse, difference)
    return np.sqrt(np.maximum(squared, 0))


def _middle(height: int, width: int) -> NDArray[np.float64]:
    """Return a Gaussian, 1 in the middle of the picture, 0.14 at its sides."""
    y = np.linspace(-1, 1, height)[:, None]
    x = np.linspace(-1, 1, width)
    return np.exp(-2 * (x**2 + y**2))


def _without_holes(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill what the outer contour encloses."""
    contours, _ = cv2.findContours(
        mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    filled = np.zeros(mask.shape, dtype=np.uint8)
    cv2.drawContours(filled, contours, -1, 1, cv2.FILLED)
    return filled.astype(bool)


def _depth(mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return how far inside a mask each pixel is; the picture's rim is out."""
    inside = np.pad(mask.astype(np.uint8), 1)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return depth[1:-1, 1:-1].astype(np.float32)


def _spread(depth: NDArray[np.float32], count: int) -> list[NDArray[np.int64]]:
    """Choose deep pixels far from each other, the deepest first."""
    candidates = np.argwhere(depth >= depth.max() / 3)
    chosen = [np.array(np.unravel_index(depth.argmax(), depth.shape))]
    distance = np.full(len(candidates), np.inf)
    while len(chosen) < count:
        offset = candidates - chosen[-1]
        distance = np.minimum(distance, np.hypot(*offset.T))
        chosen.append(candidates[distance.argmax()])
    return chosen
