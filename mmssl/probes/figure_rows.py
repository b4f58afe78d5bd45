"""Figures of a probe, of several networks and of none, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np


class FigureRow(NamedTuple):
    """Figures of one network, or of what needs none.

    Attributes:
        name: Of the network.
        values: Figure -> its value for each seed.
    """

    name: str
    values: dict[str, tuple[float, ...]]

    def mean(self, figure: str) -> float:
        """Return the mean over the seeds; nan if there is no such figure."""
        values = self.values.get(figure, ())
        return float(np.mean(values)) if values else float('nan')

    def std(self, figure: str) -> float:
        """Return the standard deviation over the seeds (n - 1), or 0."""
        values = self.values.get(figure, ())
        return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0

    def content(self) -> dict[str, Any]:
        """Return the row as plain data, for JSON."""
        found: dict[str, Any] = dict(name=self.name)
        for figure, values in self.values.items():
            found[figure] = self.mean(figure)
            if len(values) > 1:
                found[f'{figure}_std'] = self.std(figure)
        return found


def figure_row(
    name: str,
    measured: Sequence[Mapping[str, float]],
    figures: Sequence[str],
    prefix: str,
) -> FigureRow:
    """Take one row out of what a probe has measured.

    Args:
        name: Of the row.
        measured: For each seed, what the probe returned.
        figures: Names of the columns.
        prefix: Before these names.

    Example:
        >>> row = figure_row('a', [{'knn_map': 4.0}], ['map', 'rank1'], 'knn_')
        >>> row.values
        {'map': (4.0,)}
    """
    values = {
        figure: tuple(float(one[prefix + figure]) for one in measured)
        for figure in figures
        if all(prefix + figure in one for one in measured)
    }
    return FigureRow(name, values)


def figure_table(rows: Sequence[FigureRow], titles: Mapping[str, str]) -> str:
    """Format rows.

    Args:
        rows: Each a line.
        titles: Figure -> title of its column.

    Returns:
        Lines of text; with several seeds mean and standard deviation.

    Example:
        >>> rows = [FigureRow('a.pth', {'map': (40.0, 44.0)})]
        >>> print(figure_table(rows, {'map': 'mAP', 'rank1': 'rank 1'}))
        backbone  mAP             rank 1
        a.pth     42.00 +- 2.83        -
    """
    lines = [('backbone', *titles.values())]
    for row in rows:
        lines.append((row.name, *(_text(row, figure) for figure in titles)))
    widths = [max(map(len, column)) for column in zip(*lines)]
    head = [cell.ljust(width) for cell, width in zip(lines[0], widths)]
    body = [
        [
            cell.rjust(width) if n else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(line, widths))
        ]
        for line in lines[1:]
    ]
    return '\n'.join('  '.join(line).rstrip() for line in [head, *body])


def _text(row: FigureRow, figure: str) -> str:
    count = len(row.values.get(figure, ()))
    if not count:
        return '-'
    text = f'{row.mean(figure):.2f}'
    return text + f' +- {row.std(figure):.2f}' * (count > 1)
