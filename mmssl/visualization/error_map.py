"""End-point errors as a heat map with a scale."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_STEPS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)


def heat_colors(n: int = 256) -> NDArray[np.uint8]:
    """Return colours from black over violet and orange to pale yellow.

    Args:
        n: How many.

    Returns:
        (n, 3) uint8 RGB.
    """
    ramp = np.linspace(0, 255, n).round().astype(np.uint8)[:, None]
    colors = cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO)[:, 0, ::-1]
    return colors.astype(np.uint8)


def nice_limit(value: float) -> float:
    """Round up to 1, 1.5, 2, 3, 5 or 7 times a power of ten.

    Args:
        value: Any number; not positive or not finite gives 1.

    Returns:
        The limit.

    Example:
        >>> [nice_limit(x) for x in (0.7, 3.0, 6.0, 11.0)]
        [0.7, 3.0, 7.0, 15.0]
    """
    if not (value > 0 and np.isfinite(value)):
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    # Six digits: 7 * 0.1 is not 0.7.
    limits = [float(f'{step * power:.6g}') for step in (*_STEPS, 10.0)]
    return next((x for x in limits if value <= x), limits[-1])


def error_limit(error: NDArray) -> float:
    """Choose the end of the scale: the 99th percentile, rounded up.

    Args:
        error: (H, W) px; NaN is left out.

    Returns:
        px.
    """
    known = error[np.isfinite(error)]
    return nice_limit(float(np.percentile(known, 99)) if known.size else 0.0)


def error_to_rgb(error: NDArray, limit: float) -> NDArray[np.uint8]:
    """Colour a map of errors.

    Args:
        error: (H, W), px.
        limit: Error of the last colour, px; larger ones look the same.

    Returns:
        (H, W, 3) uint8 RGB; grey where the error is unknown (NaN).

    Raises:
        ValueError: ``limit`` is not positive.
    """
    if not limit > 0:
        raise ValueError(f'limit must be positive, got {limit}')
    known = ~np.isnan(error)
    share = np.clip(np.where(known, error, 0) / limit, 0, 1)
    image = heat_colors()[np.round(255 * share).astype(np.uint8)]
    image[~known] = 128
    return image
