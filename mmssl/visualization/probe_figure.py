"""The figure of the guidance probes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmssl.evaluation.guidance_probes import Probe
from mmssl.evaluation.probe_results import ProbeResult
from mmssl.visualization.flow_color import flow_radius, flow_to_rgb
from mmssl.visualization.layout import add_caption, stack, text_line
from mmssl.visualization.panels import (
    guidance_tile,
    wheel_legend,
    with_arrows,
)


def draw_probes(
    image: NDArray[np.uint8],
    probes: Sequence[Probe],
    flows: Sequence[NDArray],
    results: Sequence[ProbeResult],
) -> NDArray[np.uint8]:
    """Draw one column for each probe: guidance, predicted flow, numbers.

    All flows share one scale: the largest guidance vector saturates. The
    guidance is drawn on the flow too.

    Args:
        image: (H, W, 3) uint8 RGB.
        probes: The guidance.
        flows: (H, W, 2) prediction for each probe, px.
        results: Numbers of each probe.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    radius = flow_radius(*(probe.vectors[:, None] for probe in probes))
    columns = []
    for probe, flow, result in zip(probes, flows, results):
        title = f'({probe.key}) {probe.title}'
        tile, _ = with_arrows(
            flow_to_rgb(flow, radius), probe.points, probe.vectors
        )
        legend = wheel_legend(radius, tile.shape[1])
        parts = [
            guidance_tile(image, probe.points, probe.vectors, title),
            add_caption(tile, 'predicted flow', legend),
            *(text_line(t, tile.shape[1]) for t in summary_lines(result)),
        ]
        columns.append(stack(parts, axis=0, gap=2))
    return stack(columns, axis=1)


def summary_lines(result: ProbeResult) -> tuple[str, str]:
    """Return the numbers of one probe as two short lines.

    Args:
        result: From :func:`~mmssl.evaluation.probe_results.measure_probe`.

    Returns:
        How well the vectors are followed, and what happens elsewhere.
    """
    points = result.points
    # The last vector of (d) is the outlier; its reach is the question.
    asked = points[-1:] if result.key == 'd' else points
    cosine = np.mean([point.cosine for point in asked])
    reach = np.mean([point.reach_px for point in asked])
    first = f'follows: cos {cosine:.2f}, reach {reach:.0f} px'
    if result.key == 'd' and asked[0].spill is not None:
        return first, f'spill onto the object {asked[0].spill:+.2f}'
    if result.coherence is not None:
        second = (
            f'coherence {result.coherence:+.2f}, '
            f'asked {result.coherence_asked:+.2f}'
        )
    else:
        leak = result.leakage
        second = 'no far pixel' if leak is None else f'leakage {leak:.2f}'
    return first, second
