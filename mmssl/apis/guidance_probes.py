"""Run the noisy-guidance probes of the CMP paper on a picture."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.model import BaseModel
from numpy.typing import NDArray
from PIL import Image

from mmssl.apis.inference import predict_flow
from mmssl.evaluation.guidance_probes import Probe, build_probes
from mmssl.evaluation.probe_points import ProbePoints, guess_points
from mmssl.evaluation.probe_results import (
    ProbeResult,
    measure_probe,
    neighbourhood_px,
)
from mmssl.visualization.probe_figure import draw_probes


@dataclass(frozen=True)
class ProbeRun:
    """Everything the probes gave on one picture.

    Attributes:
        image: (H, W, 3) uint8 RGB, as the network saw it.
        probes: Guidance, a to d.
        flows: (H, W, 2) prediction for each, px.
        results: Numbers for each.
    """

    image: NDArray[np.uint8]
    probes: list[Probe]
    flows: list[NDArray[np.float32]]
    results: list[ProbeResult]

    def figure(self) -> NDArray[np.uint8]:
        """Return the figure, (h, w, 3) uint8 RGB."""
        return draw_probes(self.image, self.probes, self.flows, self.results)

    def numbers(self) -> dict[str, Any]:
        """Return the numbers as plain data, for JSON."""
        height, width = self.image.shape[:2]
        return dict(
            width=width,
            height=height,
            neighbourhood_px=neighbourhood_px((height, width)),
            probes={result.key: result.as_dict() for result in self.results},
        )

    def save(self, folder: str | Path, **extra: Any) -> tuple[Path, Path]:
        """Write ``probes.png`` and ``probes.json``.

        Args:
            folder: Where to; made if it is missing.
            **extra: More entries for the JSON, such as the checkpoint.

        Returns:
            Paths of both files.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        picture, table = folder / 'probes.png', folder / 'probes.json'
        Image.fromarray(self.figure()).save(picture)
        text = json.dumps(dict(extra, **self.numbers()), indent=2)
        table.write_text(text + '\n')
        return picture, table


def run_probes(
    model: BaseModel,
    image: NDArray[np.uint8],
    points: ProbePoints | None = None,
    speed: float = 10.0,
    seed: int = 0,
) -> ProbeRun:
    """Ask a model for the flow of all probes, in one batch.

    Args:
        model: From :func:`~mmssl.apis.inference.load_model`.
        image: (H, W, 3) uint8 RGB, from
            :func:`~mmssl.apis.inference.fit_image`.
        points: Where to put the vectors; None: guessed from the picture.
        speed: Length of the vectors, px.
        seed: Of their directions.

    Returns:
        Guidance, predictions and numbers.

    Raises:
        ValueError: A point is outside the picture.
    """
    if points is None:
        points = guess_points(image)
    probes = build_probes(points, np.random.default_rng(seed), speed)
    flows = predict_flow(
        model,
        [image] * len(probes),
        [probe.points for probe in probes],
        [probe.vectors for probe in probes],
    )
    results = [measure_probe(p, flow) for p, flow in zip(probes, flows)]
    return ProbeRun(image, probes, flows, results)


def with_given(
    points: ProbePoints,
    parts: Sequence[tuple[int, int]] | None = None,
    pair: Sequence[tuple[int, int]] | None = None,
    background: Sequence[tuple[int, int]] | None = None,
) -> ProbePoints:
    """Replace guessed points by those a user gave.

    Args:
        points: The guess.
        parts: (x, y) of points on parts of the object.
        pair: (x, y) of two points on one rigid part.
        background: (x, y) of one point on the background.

    Returns:
        The points, (row, col).

    Raises:
        ValueError: ``pair`` is not two points, or ``background`` not one.
    """
    for name, given, count in (
        ('pair', pair, 2),
        ('background', background, 1),
    ):
        if given and len(given) != count:
            raise ValueError(f'{name} takes {count} point(s), got {given}')
    return ProbePoints(
        parts=_rows_cols(parts) if parts else points.parts,
        pair=_rows_cols(pair) if pair else points.pair,
        background=_rows_cols(background) if background else points.background,
    )


def _rows_cols(xy: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Return (x, y) pairs as (K, 2) rows and columns."""
    return np.asarray(xy, dtype=np.int64).reshape(-1, 2)[:, ::-1]
