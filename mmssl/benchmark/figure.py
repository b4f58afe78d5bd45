"""A benchmark as a picture: bars for each task, seeds as dots."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmssl.benchmark.results import Cell, Row, cells_of
from mmssl.benchmark.table import metric_text, number_text, shown_names
from mmssl.utils.optional import require

_COLUMNS = 3
_RANDOM = ('#b5b5b5', '#8c8c8c', '#d0d0d0')
_OTHERS = ('#1f5fa8', '#b03a5b', '#3c8d5a', '#6b4fa0', '#8a6d3b', '#2b8c9e')


def draw_benchmark(
    rows: Sequence[Row],
    titles: Mapping[str, str] | None = None,
    dpi: int = 110,
) -> NDArray[np.uint8]:
    """Draw one plot for each task: a bar for each backbone, from zero.

    Bars are means, whiskers the deviation of the seeds, dots the seeds;
    random weights are grey. A task without a number is left out.

    Args:
        rows: Of the benchmark.
        titles: Task -> for people.
        dpi: Pixels per inch.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImportError: matplotlib is missing; says how to install it.
        ValueError: There is no number to draw.
    """
    cells = [cell for cell in cells_of(rows) if cell.values]
    if not cells:
        raise ValueError('there is no result to draw')
    require('matplotlib', 'the picture of a benchmark')
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = shown_names(rows)
    colors = _colors(rows, list(names))
    tasks = list(dict.fromkeys(cell.task for cell in cells))
    columns = 2 if len(tasks) == 4 else min(len(tasks), _COLUMNS)
    lines = math.ceil(len(tasks) / columns)
    height = 0.85 + 0.36 * len(names)
    figure = Figure(figsize=(4.6 * columns, height * lines + 0.2), dpi=dpi)
    for place, task in enumerate(tasks, 1):
        found = {c.backbone: c for c in cells if c.task == task}
        axes = figure.add_subplot(lines, columns, place)
        _draw_task(axes, found, names, colors)
        metric = next(c.metric for c in found.values())
        axes.set_title(f'{(titles or {}).get(task) or task}', fontsize=10)
        axes.set_xlabel(metric_text(metric), fontsize=8.5)
    figure.tight_layout()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _draw_task(
    axes: Any,
    cells: Mapping[str, Cell],
    names: Mapping[str, str],
    colors: Mapping[str, str],
) -> None:
    """Draw one task; backbones from top to bottom."""
    places = {name: -float(n) for n, name in enumerate(names)}
    values = [v for cell in cells.values() for v in cell.values]
    digits = 3 if max(map(abs, values)) <= 1 else 1
    top = max(c.mean + c.std for c in cells.values())
    reach = max(top, *values, 0.0) or 1.0
    for name, cell in cells.items():
        y = places[name]
        axes.barh(y, cell.mean, 0.72, color=colors[name])
        if len(cell.values) > 1:
            axes.errorbar(
                cell.mean, y, xerr=cell.std, fmt='none', ecolor='#333333',
                capsize=3, linewidth=1,
            )  # fmt: skip
            axes.plot(
                cell.values, [y] * len(cell.values), 'o', color='#ffffff',
                markeredgecolor='#333333', markeredgewidth=0.7, markersize=3.5,
            )  # fmt: skip
        end = max(cell.mean + cell.std, *cell.values, 0.0)
        text = number_text(cell.mean, digits)
        if cell.gain is not None:
            text += f' ({number_text(cell.gain, digits, sign=True)})'
        axes.annotate(
            text, (end, y), (4, 0), textcoords='offset points', va='center',
            fontsize=8,
        )  # fmt: skip
    axes.set_xlim(min(0.0, *values), reach * 1.42)
    axes.set_ylim(min(places.values()) - 0.6, 0.6)
    axes.set_yticks(list(places.values()), list(names.values()), fontsize=8.5)
    axes.tick_params(axis='x', labelsize=8)
    axes.grid(color='#e4e4e4', linewidth=0.8, axis='x')
    axes.set_axisbelow(True)
    axes.spines[['top', 'right']].set_visible(False)


def _colors(rows: Sequence[Row], names: Sequence[str]) -> dict[str, str]:
    """Return a colour for each backbone, the same in all plots."""
    randoms = {row.backbone for row in rows if row.random}
    grey = [name for name in names if name in randoms]
    others = [name for name in names if name not in randoms]
    return {
        **{n: _RANDOM[i % len(_RANDOM)] for i, n in enumerate(grey)},
        **{n: _OTHERS[i % len(_OTHERS)] for i, n in enumerate(others)},
    }
