"""Guidance points of Conditional Motion Propagation: where flow is given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmssl.samplers.distance_peaks import distance_peaks
from mmssl.samplers.edge_maxima import edge_maxima
from mmssl.samplers.guidance_checks import (
    check_guidance_options,
    checked_flow,
    checked_points,
)
from mmssl.samplers.motion_edges import (
    edge_mask,
    motion_edges,
    subsampling_step,
)
from mmssl.samplers.points import (
    all_points,
    grid_points,
    moving_point,
    uniform_points,
)
from mmssl.samplers.thinning import thin_points


def sample_guidance(
    flow: np.ndarray,
    strategies: Sequence[str],
    bg_ratio: float,
    nms_size: int,
    max_points: int,
    rng: np.random.Generator,
    points: np.ndarray | None = None,
) -> np.ndarray:
    """Choose the pixels at which the network is told the flow.

    The points of all strategies are put together (duplicates stay), randomly
    permuted, and the first ``max_points`` are kept. The strategies:

    * ``'full'``: all pixels, in row-major order and whatever else is said;
    * ``'gradnms'``: maxima of the motion's edges;
    * ``'grid'``: a regular grid of stride ``int(sqrt(1 / bg_ratio))``;
    * ``'single'``: one pixel that moves, if any does;
    * ``'specified'``: the ``points`` given;
    * ``'uniform'``: ``int(bg_ratio * H * W)`` uniform draws;
    * ``'watershed'``: pixels farthest from all edges of the motion, thinned.

    Source: Zhan et al. 2019 (CMP), arXiv:1903.11412, sec. 3; published
    ``flow_sampler``.

    Deviates: ``'single'`` gives no point where nothing moves (the published
    code fails); points outside the image raise.

    Args:
        flow: (H, W, 2) finite numbers, (u right, v down), px.
        strategies: One or more names, see above.
        bg_ratio: Share of the pixels for 'grid' and 'uniform', in (0, 1].
        nms_size: Side of the window of 'gradnms' and 'watershed', odd, in
            pixels of the flow subsampled by ``subsampling_step(H, W)``.
        max_points: At most that many points; -1 for no limit.
        rng: Source of the randomness.
        points: (K, 2) rows and columns for 'specified'.

    Returns:
        (K, 2) int64, row and column.

    Raises:
        ValueError: An argument is out of its range, flow is not finite, or a
            specified point lies outside the image.

    Example:
        >>> flow = np.zeros((384, 384, 2), np.float32)
        >>> rng = np.random.default_rng(0)
        >>> sample_guidance(flow, ['grid'], 1 / 200**2, 81, 3, rng).shape
        (3, 2)
    """
    check_guidance_options(strategies, bg_ratio, nms_size, max_points)
    flow = checked_flow(flow)
    height, width = flow.shape[:2]
    if 'full' in strategies:
        return all_points(height, width)
    edges = _Edges(flow, nms_size)
    makers = {
        'gradnms': edges.maxima,
        'grid': lambda: grid_points(height, width, bg_ratio),
        'single': lambda: moving_point(flow, rng),
        'specified': lambda: checked_points(points, height, width),
        'uniform': lambda: uniform_points(height, width, bg_ratio, rng),
        'watershed': lambda: edges.watershed(rng),
    }
    found = np.concatenate([makers[name]() for name in strategies])
    limit = len(found) if max_points < 0 else max_points
    return found[rng.permutation(len(found))[:limit]]


class _Edges:
    """Motion edges of one flow field, made on first use, for two strategies.

    Args:
        flow: (H, W, 2) float32.
        nms_size: Side of the window, odd, pixels of the subsampled flow.
    """

    def __init__(self, flow: np.ndarray, nms_size: int) -> None:
        self._step = subsampling_step(*flow.shape[:2])
        self._flow = flow
        self._nms_size = nms_size
        self._strength: np.ndarray | None = None

    def maxima(self) -> np.ndarray:
        """Return the points of strategy 'gradnms'."""
        return edge_maxima(self._edges(), self._nms_size) * self._step

    def watershed(self, rng: np.random.Generator) -> np.ndarray:
        """Return the points of strategy 'watershed'."""
        peaks = distance_peaks(edge_mask(self._edges()), self._nms_size)
        return thin_points(peaks, self._nms_size // 2, rng) * self._step

    def _edges(self) -> np.ndarray:
        if self._strength is None:
            step = self._step
            self._strength = motion_edges(
                np.ascontiguousarray(self._flow[::step, ::step])
            )
        return self._strength
