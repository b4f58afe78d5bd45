"""The table that shows a model's flow errors beside the two baselines."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path

_HEADER = ('prediction', 'EPE (px)', 'Fl (%)', 'EPE against zero flow')
# Suffix of the metric's keys -> name of the row.
_BASELINES = {
    '_nearest': 'nearest guidance vector',
    '_zero': 'zero flow',
}


def format_flow_table(
    metrics: Mapping[str, float], name: str = 'model', prefix: str = 'flow'
) -> str:
    """Lay out the results of ``FlowMetric`` as a table.

    Markdown whose columns also line up as plain text. A row whose values are
    not there is left out; the loss, which no baseline has, stands below.

    Args:
        metrics: Results with or without the prefix; other keys are ignored.
        name: Name of the model's row.
        prefix: Prefix of the metric's keys.

    Returns:
        The table, without a newline at its end.

    Raises:
        ValueError: There is no EPE among the metrics.

    Example:
        >>> print(
        ...     format_flow_table(
        ...         {'EPE': 1.5, 'Fl': 8, 'EPE_zero': 2, 'Fl_zero': 16}
        ...     )
        ... )
        | prediction | EPE (px) | Fl (%) | EPE against zero flow |
        | :--------- | -------: | -----: | --------------------: |
        | model      |    1.500 |    8.0 |               -25.0 % |
        | zero flow  |    2.000 |   16.0 |                       |
    """
    values = {
        key[len(prefix) + 1 :] if key.startswith(f'{prefix}/') else key: value
        for key, value in metrics.items()
    }
    if 'EPE' not in values:
        raise ValueError(
            f'the metrics hold no {prefix}/EPE; keys: {sorted(metrics)}'
        )
    rows = [_row(values, '', name)]
    for suffix, label in _BASELINES.items():
        if f'EPE{suffix}' in values:
            rows.append(_row(values, suffix, label))
    text = _layout(rows)
    if 'loss' in values:
        text += f'\n\nLoss of {name}: {values["loss"]:.4f}.'
    if values.get('ignored_pixels'):
        text += (
            f'\n{values["ignored_pixels"]:.0f} pixels of unknown flow '
            'are left out.'
        )
    return text


def save_flow_metrics(metrics: Mapping[str, float], path: str | Path) -> None:
    """Write metrics as JSON, keys sorted.

    Args:
        metrics: Names and numbers; a number that is not finite becomes null,
            since JSON has no NaN.
        path: File to write; its folder is made.
    """
    plain = {
        key: float(value) if math.isfinite(value) else None
        for key, value in metrics.items()
    }
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(plain, indent=2, sort_keys=True) + '\n')


def _row(
    values: Mapping[str, float], suffix: str, label: str
) -> tuple[str, ...]:
    """Return the cells of one row."""
    epe = values[f'EPE{suffix}']
    rate = values.get(f'Fl{suffix}')
    zero = values.get('EPE_zero')
    change = ''
    if suffix != '_zero' and zero:
        change = f'{100 * (epe / zero - 1):+.1f} %'
    return (
        label,
        f'{epe:.3f}',
        '' if rate is None else f'{rate:.1f}',
        change,
    )


def _layout(rows: list[tuple[str, ...]]) -> str:
    """Pad the cells and add header and rule."""
    widths = [max(map(len, column)) for column in zip(_HEADER, *rows)]

    def line(cells: tuple[str, ...]) -> str:
        padded = [cells[0].ljust(widths[0])]
        padded += [c.rjust(w) for c, w in zip(cells[1:], widths[1:])]
        return '| ' + ' | '.join(padded) + ' |'

    rule = (':' + '-' * (widths[0] - 1),) + tuple(
        '-' * (width - 1) + ':' for width in widths[1:]
    )
    return '\n'.join(line(cells) for cells in [_HEADER, rule, *rows])
