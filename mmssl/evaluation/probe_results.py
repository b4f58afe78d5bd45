"""What a prediction makes of guidance that makes no sense, in numbers.

The paper shows pictures and judges by eye; the numbers here say how far a
vector spreads, how closely it is followed, and where else it shows.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mmssl.evaluation.guidance_probes import Probe

# A pixel follows a vector if it moves at least this share of it.
_FOLLOWS = 0.5
# Slower than this share of the guidance is at rest and has no direction.
_STILL = 0.01


@dataclass(frozen=True)
class PointResult:
    """What the prediction does with one guidance vector g.

    Attributes:
        x: Column of the point, px.
        y: Row of the point, px.
        u: Guidance to the right, px.
        v: Guidance downwards, px.
        cosine: Mean cosine of flow and g in the neighbourhood, -1..1; a
            pixel that is at rest (below 1 % of |g|) counts 0.
        gain: Mean of flow . g / |g|^2 there; 1 = moves as told.
        reach_px: Radius of the disc whose area is that of the connected
            region around the point which follows g (flow . g >= |g|^2 / 2);
            0 if not even the point follows.
        spill: Mean of flow . g / |g|^2 in the neighbourhoods of the other
            points; None if there is none.
    """

    x: int
    y: int
    u: float
    v: float
    cosine: float
    gain: float
    reach_px: float
    spill: float | None


@dataclass(frozen=True)
class ProbeResult:
    """Numbers of one probe.

    Attributes:
        key: 'a' to 'd'.
        title: As in the probe.
        points: One result for each guidance vector.
        coherence: Mean cosine between the mean flows of each two
            neighbourhoods: 1 = all move alike; None below two points.
        coherence_asked: The same of the guidance vectors themselves.
        leakage: Mean speed farther than 4 neighbourhoods from all points,
            as a share of the mean guidance speed; None if no pixel is so far.
    """

    key: str
    title: str
    points: tuple[PointResult, ...]
    coherence: float | None
    coherence_asked: float | None
    leakage: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for JSON."""
        return asdict(self)


def neighbourhood_px(shape_hw: tuple[int, ...]) -> int:
    """Return the radius of the disc around a point that is measured.

    Args:
        shape_hw: Height and width, px.

    Returns:
        A 24th of the shorter side, at least 2 px.
    """
    return max(2, min(shape_hw[:2]) // 24)


def measure_probe(
    probe: Probe, flow: NDArray[np.float32], radius: int | None = None
) -> ProbeResult:
    """Measure how a prediction answers a probe.

    Args:
        probe: The guidance.
        flow: (H, W, 2) prediction, px.
        radius: Of the neighbourhoods, px; None: :func:`neighbourhood_px`.

    Returns:
        The numbers.

    Raises:
        ValueError: A point is outside the flow.
    """
    height, width = flow.shape[:2]
    inside = (probe.points >= 0) & (probe.points < (height, width))
    if not inside.all():
        bad = probe.points[~inside.all(axis=1)][0]
        raise ValueError(
            f'probe {probe.key}: point x={bad[1]}, y={bad[0]} is outside the '
            f'picture of {width} x {height} px'
        )
    radius = radius or neighbourhood_px(flow.shape)
    discs = [_disc(point, radius, (height, width)) for point in probe.points]
    means = np.array([flow[disc].mean(axis=0) for disc in discs])
    far = ~np.any(
        [_disc(p, 4 * radius, (height, width)) for p in probe.points], axis=0
    )
    asked = np.hypot(*probe.vectors.T).mean()
    return ProbeResult(
        key=probe.key,
        title=probe.title,
        points=tuple(
            _measure_point(probe, k, flow, discs)
            for k in range(len(probe.points))
        ),
        coherence=_coherence(means, _STILL * asked),
        coherence_asked=_coherence(probe.vectors, 0.0),
        leakage=float(np.hypot(*flow[far].T).mean() / asked)
        if far.any()
        else None,
    )


def _measure_point(
    probe: Probe,
    k: int,
    flow: NDArray[np.float32],
    discs: list[NDArray[np.bool_]],
) -> PointResult:
    """Measure the answer to vector ``k``."""
    (row, col), vector = probe.points[k].tolist(), probe.vectors[k]
    length = float(np.hypot(*vector))
    share = flow @ vector / length**2  # (H, W), 1 = moves as told
    speed = np.hypot(*flow[discs[k]].T)
    moves = speed > _STILL * length
    cosine = share[discs[k]] * length / np.where(moves, speed, np.inf)
    others = [share[disc].mean() for i, disc in enumerate(discs) if i != k]
    labels, _ = ndimage.label(share >= _FOLLOWS)
    here = labels[row, col]
    area = np.count_nonzero(labels == here) if here else 0
    return PointResult(
        x=col,
        y=row,
        u=float(vector[0]),
        v=float(vector[1]),
        cosine=float(cosine.mean()),
        gain=float(share[discs[k]].mean()),
        reach_px=float(np.sqrt(area / np.pi)),
        spill=float(np.mean(others)) if others else None,
    )


def _coherence(vectors: NDArray, still: float) -> float | None:
    """Return the mean cosine of pairs; vectors up to ``still`` px count 0."""
    count = len(vectors)
    if count < 2:
        return None
    lengths = np.hypot(*vectors.T)[:, None]
    units = vectors / np.where(lengths > still, lengths, np.inf)
    upper = np.triu_indices(count, 1)
    return float((units @ units.T)[upper].mean())


def _disc(
    point: NDArray, radius: int, shape_hw: tuple[int, int]
) -> NDArray[np.bool_]:
    """Return the pixels within ``radius`` of a point."""
    rows, cols = np.ogrid[: shape_hw[0], : shape_hw[1]]
    squared = (rows - point[0]) ** 2 + (cols - point[1]) ** 2
    return squared <= radius**2
