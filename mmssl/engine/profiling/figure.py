"""A profile as stacked bars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmssl.engine.profiling.step_times import GROUPS
from mmssl.utils.optional import require

_COLORS = {
    'data wait': '#b03a5b',
    'copy and normalise': '#d9822b',
    'forward': '#1f5fa8',
    'backward': '#7fa8d6',
    'optimizer': '#3c8d5a',
    'method-specific': '#6b4fa0',
}


def bars(report: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return the bars of one report, ms per iteration by group.

    Args:
        report: Of :func:`mmssl.engine.profiling.report.make_report`.

    Returns:
        'with data' and 'random tensors' -> group -> ms.
    """
    found = {}
    for name, part in (('with data', 'step'), ('random tensors', 'bound')):
        step = report[part]
        key = 'cpu_ms' if step['clock'] == 'CPU time' else 'wall_ms'
        groups = step['groups']
        whole = step[key] / max(1 - groups['data wait'], 1e-9)
        found[name] = {group: groups[group] * whole for group in GROUPS}
    return found


def draw_bars(
    reports: Mapping[str, Mapping[str, Any]], dpi: int = 110
) -> NDArray[np.uint8]:
    """Draw two stacked bars for each report: with data, and the bound.

    One report is drawn in ms. Several are drawn in percent of each one's
    iteration with data, as their times may differ by orders of magnitude.

    Args:
        reports: Name -> report.
        dpi: Pixels per inch.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImportError: matplotlib is missing; says how to install it.
    """
    require('matplotlib', 'the picture of a profile')
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    relative = len(reports) > 1
    rows = _rows(reports, relative)
    figure = Figure(figsize=(8.6, 1.5 + 0.46 * len(rows)), dpi=dpi)
    axes = figure.add_subplot()
    places = np.arange(len(rows))[::-1] * 1.0
    left = np.zeros(len(rows))
    for group in GROUPS:
        widths = np.array([values[group] for _, values in rows])
        axes.barh(places, widths, 0.7, left, color=_COLORS[group], label=group)
        left += widths
    for place, (_, values), end in zip(places, rows, left):
        share = values['method-specific'] / end
        size = f'{end:.0f} %' if relative else f'{end:.0f} ms'
        axes.annotate(
            f' {size}, {share:.1%} method', (end, place), va='center'
        )
    axes.set_yticks(places, [title for title, _ in rows])
    axes.set_xlim(0, left.max() * 1.45)
    unit = 'percent of an iteration with data'
    axes.set_xlabel(unit if relative else 'ms per iteration')
    axes.spines[['top', 'right']].set_visible(False)
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc='upper center',
        ncols=3,
        frameon=False,
    )
    figure.tight_layout(rect=(0, 0, 1, 1 - 0.55 / figure.get_figheight()))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _rows(
    reports: Mapping[str, Mapping[str, Any]], relative: bool
) -> list[tuple[str, dict[str, float]]]:
    """Return the title and the pieces of each bar, from top to bottom."""
    rows = []
    for name, report in reports.items():
        found = bars(report)
        scale = 100 / sum(found['with data'].values()) if relative else 1.0
        for kind, values in found.items():
            title = f'{name}\n{kind}' if kind == 'with data' else kind
            scaled = {group: ms * scale for group, ms in values.items()}
            rows.append((title, scaled))
    return rows
