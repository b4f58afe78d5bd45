"""One plot of a sweep: a metric over the values, beside its baselines."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmssl.evaluation.sweep_table import Metric

_COLORS = ('#1f5fa8', '#b03a5b', '#3c8d5a', '#6b4fa0', '#8a6d3b')
_CHANCES = {'top1': 'chance', 'mean_class': 'chance_mean_class'}
# What needs no network, as probes call it.
_NO_NETWORK = ('most frequent class', 'place')
_BASELINES = {
    'random weights': '#d9822b',
    'chance': '#888888',
    'most frequent class': '#888888',
    'place': '#c2a878',
}


def baselines_of(name: str) -> dict[str, str]:
    """Return what a metric's baselines are called, with their labels.

    Args:
        name: Of the metric, a path.

    Example:
        >>> sorted(baselines_of('probe/linear/top1'))[0]
        'probe/linear/chance'
    """
    parts = name.split('/')
    head, last = parts[: len(parts) > 1], parts[-1]
    found: dict[str, str] = {}
    if not {'random weights', 'no network'}.isdisjoint(parts):
        return found
    other = [*head, 'random weights', *parts[len(head) :]]
    found['/'.join(other)] = 'random weights'
    if last in _CHANCES:
        found['/'.join([*parts[:-1], _CHANCES[last]])] = 'chance'
    for kind in _NO_NETWORK:
        found['/'.join([*head, 'no network', kind, last])] = kind
    return found


def is_bars(values: Sequence[str], style: str = 'auto') -> bool:
    """Whether values are choices, to be drawn as bars.

    Args:
        values: Of the key, as texts.
        style: 'lines', 'bars', or 'auto': lines where a value has a
            fraction. Values that are no numbers always are bars.

    Example:
        >>> is_bars(['0', '0.5', '1']), is_bars(['1', '2', '3'])
        (False, True)
    """
    numbers = [_number(value) for value in values]
    if any(n is None for n in numbers):
        return True
    if style != 'auto':
        return style == 'bars'
    return all(n is not None and n == int(n) for n in numbers)


def draw_panel(
    axes: Any,
    name: str,
    drawn: Mapping[str, Mapping[str, Metric]],
    style: str,
) -> None:
    """Draw one metric of all sweeps, with its baselines.

    Args:
        axes: Of matplotlib.
        name: Of the metric.
        drawn: Sweep -> name -> metric.
        style: 'auto', 'bars' or 'lines'.
    """
    each = {k: found[name] for k, found in drawn.items() if name in found}
    values = list(dict.fromkeys(v for m in each.values() for v in m.values))
    bars = is_bars(values, style)
    numbers = [_number(v) or 0.0 for v in values]
    places = dict(zip(values, range(len(values)) if bars else numbers))
    width = 0.72 / len(each)
    for index, (label, metric) in enumerate(each.items()):
        x = np.array([places[value] for value in metric.values], float)
        options = dict(color=_COLORS[index % len(_COLORS)], label=label)
        if bars:
            x += width * (index - (len(each) - 1) / 2)
            _draw_bars(axes, x, metric, width, options)
        else:
            _draw_line(axes, x, metric, options)
        _draw_baselines(axes, drawn[label], name, places)
    if bars:
        axes.set_xticks(list(places.values()), values, fontsize=8)
    _set_range(axes, [*each.values(), *_baselines(drawn, name)])
    axes.set_title(name, fontsize=10)
    axes.tick_params(labelsize=8)
    axes.grid(color='#e4e4e4', linewidth=0.8, axis='y')
    axes.set_axisbelow(True)
    axes.spines[['top', 'right']].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles))
    if len(unique) > 1:
        axes.legend(
            unique.values(),
            unique.keys(),
            fontsize=7.5,
            framealpha=0.75,
            edgecolor='none',
        )


def _draw_bars(
    axes: Any, x: NDArray, metric: Metric, width: float, options: dict
) -> None:
    """Draw bars with their numbers above."""
    axes.bar(x, metric.means, width * 0.94, **options)
    _draw_errors(axes, x, metric)
    _annotate(axes, x, metric)


def _draw_line(axes: Any, x: NDArray, metric: Metric, options: dict) -> None:
    """Draw marked points, joined in the order of the numbers."""
    order = np.argsort(x, kind='stable')
    means = np.array(metric.means)[order]
    axes.plot(x[order], means, marker='o', markersize=4.5, **options)
    _draw_errors(axes, x, metric)
    _annotate(axes, x, metric)


def _draw_errors(axes: Any, x: NDArray, metric: Metric) -> None:
    """Draw the deviation of the seeds, where there are several."""
    if any(metric.stds):
        axes.errorbar(
            x, metric.means, metric.stds, fmt='none', ecolor='#444444',
            capsize=3, linewidth=1,
        )  # fmt: skip


def _annotate(axes: Any, x: NDArray, metric: Metric) -> None:
    """Write each number above its point."""
    for place, mean in zip(x, metric.means):
        axes.annotate(
            f'{mean:.3g}' if abs(mean) < 10 else f'{mean:.1f}',
            (place, mean),
            (0, 5),
            textcoords='offset points',
            ha='center',
            fontsize=7.5,
        )


def _draw_baselines(
    axes: Any,
    found: Mapping[str, Metric],
    name: str,
    places: Mapping[str, float],
) -> None:
    """Draw what random weights, or guessing, would get."""
    for other, label in baselines_of(name).items():
        if other not in found:
            continue
        metric = found[other]
        x = np.array([places[v] for v in metric.values if v in places], float)
        y = np.array(
            [m for v, m in zip(metric.values, metric.means) if v in places]
        )
        order = np.argsort(x, kind='stable')
        options = dict(color=_BASELINES[label], label=label, linewidth=1.3)
        axes.plot(x[order], y[order], '--', **options)


def _baselines(
    drawn: Mapping[str, Mapping[str, Metric]], name: str
) -> list[Metric]:
    """Return the baselines of a metric that were measured."""
    return [
        found[other]
        for found in drawn.values()
        for other in baselines_of(name)
        if other in found
    ]


def _set_range(axes: Any, metrics: Sequence[Metric]) -> None:
    """Show the range of the numbers, with room for what stands above."""
    numbers = [
        mean + sign * std
        for metric in metrics
        for mean, std in zip(metric.means, metric.stds)
        for sign in (-1, 1)
        if math.isfinite(mean)
    ]
    if not numbers:
        return
    low, high = min(numbers), max(numbers)
    span = (high - low) or abs(high) * 0.1 or 1.0
    axes.set_ylim(low - 0.25 * span, high + 0.25 * span)


def _number(value: str) -> float | None:
    """Return a value as a finite number, None if it is something else."""
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
