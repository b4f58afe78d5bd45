"""Where the motion changes: the edge strength of a flow field."""

from __future__ import annotations

import cv2
import numpy as np

_SOBEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], np.float32)


def subsampling_step(height: int, width: int) -> int:
    """Return how many pixels the edge-based strategies step over.

    ``max(1, floor(max(height, width) / 400))``.

    Source: Zhan et al. 2019 (CMP), published sampler.

    Args:
        height: Rows of the flow field.
        width: Columns of the flow field.

    Returns:
        Step in pixels, at least 1.

    Example:
        >>> subsampling_step(384, 799), subsampling_step(384, 800)
        (1, 2)
    """
    return max(1, max(height, width) // 400)


def motion_edges(flow: np.ndarray) -> np.ndarray:
    """Return the edge strength of a flow field.

    ``E = sum over c in (u, v) of sqrt((S_x * f_c)^2 + (S_y * f_c)^2)`` with
    the 3x3 Sobel kernels, convolved, symmetric boundary.

    Bit-equal to ``scipy.signal.convolve2d`` in float32, which the published
    sampler uses: thresholds and ties decide which points exist, so the order
    of the additions matters. A convolution adds from the last pixel to the
    first, OpenCV from the first to the last; hence the flipped image.

    Source: Zhan et al. 2019 (CMP), published sampler.

    Args:
        flow: (H, W, 2) float32, any unit.

    Returns:
        (H, W) float32, unit of ``flow``.

    Example:
        >>> flow = np.zeros((3, 4, 2), np.float32)
        >>> flow[:, 2:, 0] = 1
        >>> motion_edges(flow)[1]
        array([0., 4., 4., 0.], dtype=float32)
    """
    # One block for all temporaries: having returned so large a block, the
    # allocator keeps memory from call to call; else each call gets it anew
    # from the system, page by page, which takes as long as the filters do.
    turned, across, down = np.empty((3, *flow.shape), np.float32)
    cv2.flip(flow, -1, turned)
    for kernel, gradient in ((_SOBEL, across), (_SOBEL.T.copy(), down)):
        cv2.filter2D(
            turned, cv2.CV_32F, kernel, gradient, borderType=cv2.BORDER_REFLECT
        )
        cv2.multiply(gradient, gradient, gradient)
    cv2.add(across, down, across)
    cv2.sqrt(across, across)
    norms = across[::-1, ::-1]
    return norms[..., 0] + norms[..., 1]


def edge_mask(edges: np.ndarray) -> np.ndarray:
    """Return the pixels where the motion has an edge.

    ``E / max(max(E), 0.01) > 0.1``; the floor keeps rounding noise of a
    constant flow from being an edge.

    Source: Zhan et al. 2019 (CMP), published sampler.

    Args:
        edges: (H, W) float32 from :func:`motion_edges`.

    Returns:
        (H, W) bool.

    Example:
        >>> edge_mask(np.array([[0.0, 1.0, 2.0, 11.0]], np.float32))
        array([[False, False,  True,  True]])
    """
    scale = np.float32(max(float(edges.max()), 0.01))
    return edges / scale > np.float32(0.1)
