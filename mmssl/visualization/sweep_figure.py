"""A sweep as a picture: each metric over the values of the key."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mmssl.evaluation.sweep_table import Metric
from mmssl.utils.optional import require
from mmssl.visualization.sweep_panel import baselines_of, draw_panel

STYLES = ('auto', 'bars', 'lines')
_COLUMNS = 3


def draw_sweep(
    key: str,
    sweeps: Mapping[str, Sequence[Metric]],
    style: str = 'auto',
    title: str = '',
    only: Sequence[str] | None = None,
    dpi: int = 110,
) -> NDArray[np.uint8]:
    """Draw a plot for each metric, as SOLIDER's supplement does.

    Lines over a number such as lambda (its figure 1), bars over choices such
    as the number of parts (its figure 2). The values' numbers stand beside
    them; seeds give error bars. The axis of a metric shows the range of its
    numbers and need not begin at 0. Random weights and chance, where they
    were measured, are broken lines in the plot of their metric.

    Args:
        key: That was changed: below every plot.
        sweeps: Name -> metrics; several sweeps of one key are drawn beside
            each other.
        style: 'lines', 'bars', or 'auto': lines where a value is a number
            with a fraction, else bars.
        title: Line above the plots.
        only: Metrics to draw, the others may be their baselines; None: all.
        dpi: Pixels per inch.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImportError: matplotlib is missing; says how to install it.
        ValueError: There is no metric, or no such style.
    """
    names = panel_names(sweeps)
    names = [n for n in names if only is None or n in only]
    if not names or style not in STYLES:
        raise ValueError(
            f'style must be one of {", ".join(STYLES)}, got {style!r}'
            if names
            else 'there is no result to draw'
        )
    require('matplotlib', 'the picture of a sweep')
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(len(names), _COLUMNS)
    lines = math.ceil(len(names) / columns)
    figure = Figure(figsize=(4.2 * columns, 3.3 * lines), dpi=dpi)
    drawn = {
        label: {metric.name: metric for metric in metrics}
        for label, metrics in sweeps.items()
    }
    for place, name in enumerate(names, 1):
        axes = figure.add_subplot(lines, columns, place)
        draw_panel(axes, name, drawn, style)
        axes.set_xlabel(key, fontsize=9)
    if title:
        figure.suptitle(title, fontsize=11)
    figure.tight_layout()
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def panel_names(sweeps: Mapping[str, Sequence[Metric]]) -> list[str]:
    """Return the metrics that get a plot: no baseline or spread of another.

    Args:
        sweeps: Name -> metrics.

    Example:
        >>> m = [Metric(n, ('1',), (1.0,), (0.0,)) for n in ('a', 'b')]
        >>> panel_names({'x': m})
        ['a', 'b']
    """
    names = dict.fromkeys(m.name for ms in sweeps.values() for m in ms)
    below = {b for name in names for b in baselines_of(name)}
    below |= {f'{name}_std' for name in names}
    return [name for name in names if name not in below]
