"""The results of a sweep as CSV, as a Markdown table, and by metric."""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase


@dataclass(frozen=True)
class SweepRow:
    """What came of one run.

    Attributes:
        value: Of the key, as it was given.
        seed: Of the run, if the sweep has several.
        status: 'done', 'failed' or 'open' (not run yet, or stopped).
        metrics: Name -> number.
        seconds: That its commands took.
        folder: Of the run.
        error: Why it failed, in one line.
    """

    value: str
    seed: int | None = None
    status: str = 'open'
    metrics: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    folder: str = ''
    error: str = ''


@dataclass(frozen=True)
class Metric:
    """One metric over the values of the key.

    Attributes:
        name: Of the metric.
        values: Of the key, in the order they were given; those without a
            result are left out.
        means: One for each value, over its seeds.
        stds: Of the seeds (n - 1); 0 for a single one.
    """

    name: str
    values: tuple[str, ...]
    means: tuple[float, ...]
    stds: tuple[float, ...]


def metric_names(
    rows: Sequence[SweepRow], patterns: Sequence[str] | None = None
) -> list[str]:
    """Return the names of metrics that are asked for.

    Args:
        rows: Of the sweep.
        patterns: Shell patterns (``*top1``); None: all but details, which
            are the IoU of each class, deviations, and what no network saw.

    Raises:
        ValueError: A pattern fits no metric; those that are there are
            listed.

    Example:
        >>> metric_names([SweepRow('1', metrics=dict(a=1.0, b=2.0))], ['b*'])
        ['b']
    """
    names = list(dict.fromkeys(n for row in rows for n in row.metrics))
    if patterns is None:
        return [n for n in names if not _is_detail(n)] or names
    if not names:
        return []
    chosen: list[str] = []
    for pattern in patterns:
        fitting = [n for n in names if fnmatchcase(n, pattern)]
        if not fitting:
            raise ValueError(
                f'no metric fits {pattern!r}; there are: '
                f'{", ".join(sorted(names))}'
            )
        chosen += [n for n in fitting if n not in chosen]
    return chosen


def _is_detail(name: str) -> bool:
    """Whether a metric is too much for a first look."""
    parts = name.split('/')
    inside = not {'iou', 'no network'}.isdisjoint(parts)
    return inside or name.endswith('_std')


def by_metric(
    rows: Sequence[SweepRow], patterns: Sequence[str] | None = None
) -> list[Metric]:
    """Put the results of each metric together.

    Args:
        rows: Of the sweep.
        patterns: As in :func:`metric_names`.
    """
    found = []
    for name in metric_names(rows, patterns):
        grouped: dict[str, list[float]] = {}
        for row in rows:
            if row.status == 'done' and name in row.metrics:
                grouped.setdefault(row.value, []).append(row.metrics[name])
        if grouped:
            each = list(grouped.values())
            found.append(
                Metric(
                    name,
                    tuple(grouped),
                    tuple(math.fsum(group) / len(group) for group in each),
                    tuple(_std(group) for group in each),
                )
            )
    return found


def csv_text(key: str, rows: Sequence[SweepRow]) -> str:
    """Return one line for each run, every metric in a column of its own.

    Args:
        key: That was changed: heads the first column.
        rows: Of the sweep.
    """
    names = metric_names(rows, ['*'])
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator='\n')
    head = [key, 'seed', 'status', *names, 'seconds', 'folder', 'error']
    writer.writerow(head)
    for row in rows:
        writer.writerow(
            [
                row.value,
                '' if row.seed is None else row.seed,
                row.status,
                *(row.metrics.get(name, '') for name in names),
                f'{row.seconds:.1f}',
                row.folder,
                row.error,
            ]
        )
    return stream.getvalue()


def markdown_table(
    key: str,
    rows: Sequence[SweepRow],
    patterns: Sequence[str] | None = None,
) -> str:
    """Return one line for each value, means over seeds, failures below.

    Args:
        key: That was changed.
        rows: Of the sweep.
        patterns: As in :func:`metric_names`.

    Example:
        >>> row = SweepRow('0.2', status='done', metrics={'mIoU': 40.123})
        >>> print(markdown_table('lambda', [row]))
        | lambda | mIoU |
        | ---: | ---: |
        | 0.2 | 40.12 |
    """
    metrics = by_metric(rows, patterns)
    head = [key, *(metric.name for metric in metrics)]
    lines = [head, ['---:'] * len(head)]
    for value in dict.fromkeys(row.value for row in rows):
        lines.append([value, *(_cell(metric, value) for metric in metrics)])
    text = [f'| {" | ".join(cells)} |' for cells in lines]
    notes = [
        f'* {key} = {row.value}{_seed(row)}: {row.status}'
        + (f', {row.error}' if row.error else '')
        for row in rows
        if row.status != 'done'
    ]
    return '\n'.join([*text, *([''] if notes else []), *notes])


def _cell(metric: Metric, value: str) -> str:
    """Return mean and deviation of one value, '-' where there is none."""
    if value not in metric.values:
        return '-'
    place = metric.values.index(value)
    mean, std = metric.means[place], metric.stds[place]
    return _rounded(mean) + (f' ± {_rounded(std)}' if std else '')


def _rounded(number: float) -> str:
    """Return two places, more for small numbers."""
    small = 0 < abs(number) < 1
    return f'{number:.4f}' if small else f'{number:.2f}'


def _seed(row: SweepRow) -> str:
    return '' if row.seed is None else f', seed {row.seed}'


def _std(group: Sequence[float]) -> float:
    """Return the deviation of the seeds; 0 for a single one."""
    finite = all(math.isfinite(number) for number in group)
    return statistics.stdev(group) if len(group) > 1 and finite else 0.0
