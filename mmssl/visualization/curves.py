"""Training curves as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Union

import numpy as np
from numpy.typing import NDArray

from mmssl.utils.optional import require

# Drawn when no keys are asked for, as far as they are there; so are probes.
DEFAULT_KEYS = (
    'loss',
    'collapse_projection_rank',
    'flow/loss',
    'flow/EPE',
    'flow/EPE_nearest',
    'flow/EPE_zero',
    'flow/Fl',
    'flow/Fl_nearest',
    'flow/Fl_zero',
)
_TITLES = {'EPE': 'EPE (px)', 'Fl': 'Fl outliers (%)'}
# Suffix of a key -> colour and dashes: baselines look alike everywhere.
_BASELINES = {
    'zero': {'color': '#888888', 'linestyle': '--'},
    'nearest': {'color': '#d9822b', 'linestyle': '--'},
}
_COLORS = ('#1f5fa8', '#b03a5b', '#3c8d5a', '#6b4fa0', '#8a6d3b')
# Fewer points than this are measured now and then: mark each one.
_FEW = 60

Curve = tuple[Sequence[float], Union[Sequence[float], NDArray]]


def draw_curves(
    curves: Mapping[str, Curve],
    keys: Sequence[str] | None = None,
    title: str = '',
    dpi: int = 110,
) -> NDArray[np.uint8]:
    """Draw curves, one plot for each kind of number.

    Keys of one kind (``flow/EPE``, ``flow/EPE_zero``) share a plot. Curves
    of many points are drawn pale, with their moving average over them.

    Args:
        curves: Name -> (steps, values).
        keys: Which to draw; None: loss, EPE and Fl with their baselines.
        title: Line above the plots.
        dpi: Pixels per inch.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImportError: matplotlib is missing; says how to install it.
        ValueError: There is no such curve.
    """
    plots = {
        kind: {key: curves[key] for key in members}
        for kind, members in group_keys(chosen_keys(curves, keys)).items()
    }
    return _draw_plots(plots, title, dpi)


def draw_runs(
    runs: Mapping[str, Mapping[str, Curve]],
    keys: Sequence[str] | None = None,
    title: str = '',
    dpi: int = 110,
) -> NDArray[np.uint8]:
    """Draw several runs beside each other: a plot for each key.

    Args:
        runs: Name of the run -> its curves.
        keys: Which to draw; None: loss, probes and others, as far as every
            run has them.
        title: Line above the plots.
        dpi: Pixels per inch.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ImportError: matplotlib is missing; says how to install it.
        ValueError: A run has no such curve.
    """
    if keys is None:
        first = next(iter(runs.values()))
        everywhere = set.intersection(*(set(run) for run in runs.values()))
        shared = {key: first[key] for key in first if key in everywhere}
        keys = chosen_keys(shared, None)
    for name, curves in runs.items():
        try:
            chosen_keys(curves, keys)
        except ValueError as error:
            raise ValueError(f'{name}: {error}') from None
    plots = {
        key: {name: curves[key] for name, curves in runs.items()}
        for key in keys
    }
    return _draw_plots(plots, title, dpi)


def _draw_plots(
    plots: Mapping[str, Mapping[str, Curve]], title: str, dpi: int
) -> NDArray[np.uint8]:
    """Draw plots in a row, each with its curves."""
    figure_module = require('matplotlib.figure', 'drawing training curves')
    canvas_module = require(
        'matplotlib.backends.backend_agg', 'drawing training curves'
    )
    figure = figure_module.Figure(
        figsize=(4.6 * len(plots), 3.5), dpi=dpi, layout='constrained'
    )
    # Its own canvas: no display is needed and no global state is touched.
    canvas = canvas_module.FigureCanvasAgg(figure)
    for n, (kind, curves) in enumerate(plots.items(), 1):
        axes = figure.add_subplot(1, len(plots), n)
        _draw_kind(axes, kind, curves)
    if title:
        figure.suptitle(title, fontsize=10)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def chosen_keys(
    curves: Mapping[str, Curve], keys: Sequence[str] | None
) -> list[str]:
    """Return the names to draw.

    Args:
        curves: Name -> curve.
        keys: Wanted names; None takes those of ``DEFAULT_KEYS`` that exist,
            and all probes.

    Returns:
        Names that exist.

    Raises:
        ValueError: A wanted name, or all of the default ones, are missing;
            lists what is there.
    """
    if keys is None:
        chosen = [key for key in DEFAULT_KEYS if key in curves]
        chosen += [key for key in curves if key.startswith('probe/')]
    else:
        chosen = list(keys)
    missing = [key for key in chosen if key not in curves]
    if missing or not chosen:
        raise ValueError(
            f'no curve {missing or list(DEFAULT_KEYS)}; '
            f'there are: {sorted(curves)}'
        )
    return chosen


def group_keys(keys: Sequence[str]) -> dict[str, list[str]]:
    """Put names of one kind together, in order of appearance.

    Args:
        keys: Names such as ``flow/EPE_zero``: [prefix/]kind[_variant].

    Returns:
        Kind -> names.

    Example:
        >>> group_keys(['loss', 'flow/EPE', 'flow/EPE_zero', 'flow/loss'])
        {'loss': ['loss', 'flow/loss'], 'EPE': ['flow/EPE', 'flow/EPE_zero']}
    """
    kinds: dict[str, list[str]] = {}
    for key in keys:
        name = key.split('/')[-1]
        kind = name.split('_')[0]
        kind = kind if kind in ('loss', *_TITLES) else name
        kinds.setdefault(kind, []).append(key)
    return kinds


def moving_average(
    values: Sequence[float] | NDArray, window: int
) -> NDArray[np.float64]:
    """Average each value with its neighbours; windows shrink at the ends.

    Args:
        values: (n,) numbers.
        window: Odd number of values; an even one counts as one more.

    Returns:
        (n,) float64.

    Example:
        >>> moving_average([0, 3, 6, 0], 3)
        array([1.5, 3. , 3. , 3. ])
    """
    half = window // 2
    total = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    index = np.arange(len(values))
    low = np.maximum(index - half, 0)
    high = np.minimum(index + half + 1, len(values))
    return (total[high] - total[low]) / (high - low)


def _draw_kind(axes: Any, kind: str, curves: Mapping[str, Curve]) -> None:
    """Draw the curves of one kind into one plot."""
    colors = iter(_COLORS * len(curves))
    for key, (steps, values) in curves.items():
        style = _BASELINES.get(key.split('_')[-1])
        if style is None:
            style = {'color': next(colors)}
        if len(steps) >= _FEW:
            axes.plot(steps, values, **style, alpha=0.25, linewidth=0.8)
            values = moving_average(values, max(5, len(values) // 25))
            marker = ''
        else:
            marker = '' if 'linestyle' in style else 'o'
        axes.plot(
            steps,
            values,
            **style,
            label=key,
            linewidth=1.7,
            marker=marker,
            markersize=3.5,
        )
    axes.set_title(_TITLES.get(kind, kind), fontsize=10)
    axes.set_xlabel('iteration', fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(color='#e4e4e4', linewidth=0.8)
    axes.spines[['top', 'right']].set_visible(False)
    if kind in _TITLES:
        axes.set_ylim(bottom=0)
    axes.set_xlim(left=0)
    axes.legend(fontsize=8, frameon=False)
