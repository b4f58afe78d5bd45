"""Probes with noisy guidance: what becomes of vectors that make no sense.

(a) an arbitrary vector on one point, (b) random vectors on several parts,
(c) two contradictory vectors on one rigid part, (d) an outlier on the
background while the object moves as one.

Source: Zhan et al. 2019, arXiv:1903.11412, supplement D.
Deviates: the paper does not say which vectors; here they are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmssl.evaluation.probe_points import ProbePoints


@dataclass(frozen=True)
class Probe:
    """Guidance of one probe.

    Attributes:
        key: 'a' to 'd'.
        title: What is odd about the guidance.
        points: (K, 2) int64, (row, col).
        vectors: (K, 2) float32, (u, v) px.
    """

    key: str
    title: str
    points: NDArray[np.int64]
    vectors: NDArray[np.float32]


def build_probes(
    points: ProbePoints, rng: np.random.Generator, speed: float = 10.0
) -> list[Probe]:
    """Make the guidance of the four probes.

    Args:
        points: Where the vectors go.
        rng: Draws the directions.
        speed: Length of the vectors, px; those of (b) are 0.5 to 1 of it.

    Returns:
        Probes a, b, c, d.

    Raises:
        ValueError: ``speed`` is not positive.
    """
    if not speed > 0:
        raise ValueError(f'speed must be positive, got {speed} px')
    count = len(points.parts)
    main = speed * _unit(rng.uniform(0, 2 * np.pi, 1))
    angles = rng.uniform(0, 2 * np.pi, count)
    loose = speed * rng.uniform(0.5, 1, (count, 1)) * _unit(angles)
    outlier = main[:, ::-1] * [[-1, 1]]  # a quarter turn away
    return [
        _probe('a', 'arbitrary vector', points.parts[:1], main),
        _probe('b', 'random on parts', points.parts, loose),
        _probe(
            'c', 'contradiction', points.pair, np.concatenate([main, -main])
        ),
        _probe(
            'd',
            'outlier on background',
            np.concatenate([points.parts, points.background]),
            np.concatenate([main.repeat(count, axis=0), outlier]),
        ),
    ]


def _probe(key: str, title: str, points: NDArray, vectors: NDArray) -> Probe:
    """Make a probe, with the types it declares."""
    return Probe(
        key, title, points.astype(np.int64), vectors.astype(np.float32)
    )


def _unit(angles: NDArray) -> NDArray[np.float64]:
    """Return unit vectors (K, 2) of angles (K,)."""
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1)
