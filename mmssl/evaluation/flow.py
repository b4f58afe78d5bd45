"""Errors of optical flow: end-point error and the Fl-outlier rate.

Flow is (H, W, 2) = (u to the right, v down) in pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# KITTI counts a pixel as an outlier above both of these.
FL_PIXELS = 3.0
FL_SHARE = 0.05
# Middlebury marks pixels of unknown flow with values beyond this.
UNKNOWN_PX = 1e9


class FlowErrorSums(NamedTuple):
    """Sums over the pixels of one image; add them up, then divide.

    Attributes:
        epe: Sum of the end-point errors, px.
        outliers: Number of Fl-outliers.
        pixels: Number of pixels with known target.
        ignored: Number of pixels with unknown target.
    """

    epe: float
    outliers: int
    pixels: int
    ignored: int


def known_flow(gt: NDArray) -> NDArray[np.bool_]:
    """Tell where the target flow is known.

    Unknown are non-finite values, and values beyond 1e9 px, Middlebury's mark.

    Args:
        gt: (H, W, 2) float, px.

    Returns:
        (H, W) bool.

    Example:
        >>> known_flow(np.array([[[1.0, 2.0], [np.nan, 0.0], [1e10, 0.0]]]))
        array([[ True, False, False]])
    """
    # NaN compares false, so one test covers all three marks.
    return (np.abs(gt[..., 0]) <= UNKNOWN_PX) & (
        np.abs(gt[..., 1]) <= UNKNOWN_PX
    )


def end_point_error_map(pred: NDArray, gt: NDArray) -> NDArray[np.float32]:
    """Return the Euclidean distance of predicted and true flow at each pixel.

    Args:
        pred: (H, W, 2) float, px.
        gt: (H, W, 2) float, px.

    Returns:
        (H, W) float32, px; NaN where the target is unknown.

    Raises:
        ValueError: The shapes differ or are not (H, W, 2).

    Example:
        >>> end_point_error_map(np.zeros((1, 1, 2)), np.array([[[3, 4]]]))
        array([[5.]], dtype=float32)
    """
    pred, gt = _checked(pred, gt)
    with np.errstate(over='ignore', invalid='ignore'):
        du, dv = (pred[..., i] - gt[..., i] for i in (0, 1))
        error = np.sqrt(du * du + dv * dv)
    error[~known_flow(gt)] = np.nan
    return error


def fl_outlier_map(pred: NDArray, gt: NDArray) -> NDArray[np.bool_]:
    """Tell where the error is > 3 px and > 5 % of the true length.

    Source: Menze and Geiger, CVPR 2015, sec. 5 (KITTI 2015, "Fl").
    Deviates: none. A prediction that is not a number counts as an outlier.

    Args:
        pred: (H, W, 2) float, px.
        gt: (H, W, 2) float, px.

    Returns:
        (H, W) bool; False where the target is unknown.

    Raises:
        ValueError: The shapes differ or are not (H, W, 2).

    Example:
        >>> gt = np.array([[[100.0, 0.0], [10.0, 0.0]]])
        >>> fl_outlier_map(gt + [4.0, 0.0], gt)
        array([[False,  True]])
    """
    return _outliers(end_point_error_map(pred, gt), gt)


def flow_error_sums(pred: NDArray, gt: NDArray) -> FlowErrorSums:
    """Sum the errors over the pixels of one image.

    Args:
        pred: (H, W, 2) float, px.
        gt: (H, W, 2) float, px; unknown pixels are left out and counted.

    Returns:
        The sums; EPE is ``sums.epe / sums.pixels``.

    Raises:
        ValueError: The shapes differ or are not (H, W, 2).
    """
    pred, gt = _checked(pred, gt)
    error = end_point_error_map(pred, gt)
    known = known_flow(gt)
    pixels = int(np.count_nonzero(known))
    return FlowErrorSums(
        float(error.sum(where=known, dtype=np.float64)),
        int(np.count_nonzero(_outliers(error, gt))),
        pixels,
        known.size - pixels,
    )


def end_point_error(pred: NDArray, gt: NDArray) -> float:
    """Return the mean end-point error over all pixels with known target.

    Args:
        pred: (H, W, 2) float, px.
        gt: (H, W, 2) float, px.

    Returns:
        px; NaN when no pixel is known.

    Raises:
        ValueError: The shapes differ or are not (H, W, 2).

    Example:
        >>> gt = np.array([[[3.0, 4.0], [0.0, 1.0]]])
        >>> end_point_error(np.zeros((1, 2, 2)), gt)
        3.0
    """
    sums = flow_error_sums(pred, gt)
    return sums.epe / sums.pixels if sums.pixels else float('nan')


def fl_rate(pred: NDArray, gt: NDArray) -> float:
    """Return the share of Fl-outliers among the pixels with known target.

    Args:
        pred: (H, W, 2) float, px.
        gt: (H, W, 2) float, px.

    Returns:
        Per cent; NaN when no pixel is known.

    Raises:
        ValueError: The shapes differ or are not (H, W, 2).

    Example:
        >>> gt = np.array([[[3.0, 4.0], [0.0, 1.0]]])
        >>> fl_rate(np.zeros((1, 2, 2)), gt)
        50.0
    """
    sums = flow_error_sums(pred, gt)
    if not sums.pixels:
        return float('nan')
    return 100.0 * sums.outliers / sums.pixels


def _outliers(error: NDArray, gt: NDArray) -> NDArray[np.bool_]:
    """Return the Fl-outliers, given the (H, W) end-point errors."""
    u, v = gt[..., 0], gt[..., 1]
    with np.errstate(over='ignore', invalid='ignore'):
        limit = np.maximum(FL_PIXELS, FL_SHARE * np.sqrt(u * u + v * v))
        return known_flow(gt) & ~(error <= limit)


def _checked(pred: NDArray, gt: NDArray) -> tuple[NDArray, NDArray]:
    """Return both flows as float32, after a look at their shapes."""
    pred = np.asarray(pred, dtype=np.float32)
    gt = np.asarray(gt, dtype=np.float32)
    if pred.shape != gt.shape or gt.ndim != 3 or gt.shape[-1] != 2:
        raise ValueError(
            'predicted and true flow must both have shape (H, W, 2), '
            f'got {pred.shape} and {gt.shape}'
        )
    return pred, gt
