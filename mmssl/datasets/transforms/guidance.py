"""Choice of the guidance a sample gives to the network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from mmssl.datasets.transforms.random import get_rng
from mmssl.registry import TRANSFORMS
from mmssl.samplers.guidance import sample_guidance
from mmssl.samplers.guidance_checks import check_guidance_options


@TRANSFORMS.register_module()
class SampleGuidance(BaseTransform):
    """Draw guidance points and read the flow there.

    Comes last before packing: the vectors are those of the flow that the
    network is to predict.

    Required Keys:

    - flow
    - rng (optional)
    - specified_points (optional): (K, 2), see below

    Added Keys:

    - guidance_points: (K, 2) int64, row and column
    - guidance_vectors: (K, 2) float32, (u right, v down), px

    Args:
        strategies: One or more of 'full', 'gradnms', 'grid', 'single',
            'specified', 'uniform', 'watershed'; see
            :func:`mmssl.samplers.guidance.sample_guidance`. Defaults to
            those of all published configs.
        bg_ratio: Share of the pixels for 'grid' and 'uniform'. Defaults to
            1 / 6400, a stride of 80.
        nms_size: Side of the window for 'gradnms' and 'watershed', odd, px.
            Defaults to 41.
        max_points: At most that many points, -1 for no limit. (low, high):
            the limit of each sample is drawn, both ends included, so that
            its logarithm is uniform: a network that is to answer a few
            arrows as well as many must see both. Defaults to -1.
        specified_points: (K, 2) points as **(x, y)**, as users give them,
            fractions truncated, for 'specified'. ``results`` may have its
            own, which goes first. Defaults to None.

    Raises:
        TypeError: ``strategies`` is a string, or a size no integer.
        ValueError: An option out of its range, at construction; a specified
            point outside the image, when a sample is seen.
    """

    def __init__(
        self,
        strategies: Sequence[str] = ('grid', 'watershed'),
        bg_ratio: float = 1 / 6400,
        nms_size: int = 41,
        max_points: int | Sequence[int] = -1,
        specified_points: Sequence[Sequence[float]] | None = None,
    ) -> None:
        self.max_points = _limits(max_points)
        for limit in set(self.max_points):
            check_guidance_options(strategies, bg_ratio, nms_size, limit)
        self.strategies = tuple(strategies)
        self.bg_ratio = bg_ratio
        self.nms_size = nms_size
        self.specified_points = specified_points

    def transform(self, results: dict) -> dict:
        """Add points and vectors to ``results``."""
        flow = results['flow']
        given = results.get('specified_points', self.specified_points)
        rng = get_rng(results)
        points = sample_guidance(
            flow,
            self.strategies,
            self.bg_ratio,
            self.nms_size,
            draw_limit(*self.max_points, rng),
            rng,
            points=_row_col(given),
        )
        results['guidance_points'] = points
        vectors = flow[points[:, 0], points[:, 1]]
        results['guidance_vectors'] = vectors.astype(np.float32, copy=False)
        return results

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(strategies={list(self.strategies)}, '
            f'bg_ratio={self.bg_ratio}, nms_size={self.nms_size}, '
            f'max_points={_shown(self.max_points)})'
        )


def draw_limit(low: int, high: int, rng: np.random.Generator) -> int:
    """Draw a whole number whose logarithm is uniform.

    ``floor(low ((high + 1) / low) ** u)`` with u uniform in [0, 1).

    Args:
        low: Smallest, at least 1 unless both are equal.
        high: Largest. Equal to ``low``: that number, and nothing is drawn.
        rng: Source of the randomness.

    Returns:
        The number.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> draw_limit(-1, -1, rng), draw_limit(1, 64, rng)
        (-1, 14)
    """
    if low == high:
        return low
    return min(high, int(low * ((high + 1) / low) ** rng.random()))


def _limits(max_points: int | Sequence[int]) -> tuple[Any, Any]:
    """Return (low, high); of a single limit, twice that."""
    if not isinstance(max_points, (list, tuple)):
        return max_points, max_points
    if len(max_points) != 2 or not 1 <= max_points[0] <= max_points[1]:
        raise ValueError(
            'max_points must be a whole number or (low, high) with '
            f'1 <= low <= high, got {max_points!r}'
        )
    return max_points[0], max_points[1]


def _shown(limits: tuple[Any, Any]) -> Any:
    return limits[0] if limits[0] == limits[1] else limits


def _row_col(points: Any) -> np.ndarray | None:
    """Turn (x, y) pairs into (row, column), or None into None.

    Example:
        >>> _row_col([[7.9, 2]])
        array([[2, 7]])
    """
    if points is None:
        return None
    points = np.asarray(points, np.float64)
    if points.size == 0:
        return np.empty((0, 2), np.int64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(
            'specified points must be (x, y) pairs, shape (K, 2), got '
            f'{points.shape}'
        )
    if not np.isfinite(points).all():
        raise ValueError('specified points must be finite numbers')
    return np.floor(points[:, ::-1]).astype(np.int64)
