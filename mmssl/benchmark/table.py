"""Results as a Markdown table, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mmssl.benchmark.job_state import DONE, FAILED
from mmssl.benchmark.results import Cell, Row, cells_of
from mmssl.downstream.metrics import lower_is_better

FORMAT = 1
_HEAD = (
    'task',
    'backbone',
    'seed',
    'status',
    'metric',
    'value',
    'matched',
    'total',
    'start_s',
    'train_s',
    'test_s',
    'folder',
    'error',
)


def markdown_table(
    rows: Sequence[Row], titles: Mapping[str, str] | None = None
) -> str:
    """Return backbones as lines, tasks as columns, failures below.

    A cell is the mean over seeds ± their deviation, and in brackets how much
    better that is than random weights of the same architecture: + is better,
    also of errors.

    Args:
        rows: Of the benchmark.
        titles: Task -> for people.

    Example:
        >>> rows = [
        ...     Row('a', 'random', 0, random=True, metric='mIoU', value=20.0),
        ...     Row('a', 'mine', 0, metric='mIoU', value=31.5),
        ... ]
        >>> print(markdown_table(rows, {'a': 'Parsing'}))
        | backbone | Parsing (mIoU) |
        | :--- | ---: |
        | random | 20.00 |
        | mine | 31.50 (+11.50) |
    """
    cells = {(cell.task, cell.backbone): cell for cell in cells_of(rows)}
    tasks = list(dict.fromkeys(row.task for row in rows))
    names = _backbones(rows)
    digits = {task: _digits(cells.values(), task) for task in tasks}
    lines = [
        ['backbone', *(_title(t, cells, titles or {}) for t in tasks)],
        [':---', *['---:'] * len(tasks)],
    ]
    for name, shown in shown_names(rows).items():
        found = [cells.get((task, name)) for task in tasks]
        lines.append(
            [shown, *(_cell(c, digits[t]) for t, c in zip(tasks, found))]
        )
    text = [f'| {" | ".join(words)} |' for words in lines] if names else []
    notes = _notes(rows)
    return '\n'.join([*text, *([''] if notes else []), *notes])


def csv_text(rows: Sequence[Row]) -> str:
    """Return one line for each job.

    Args:
        rows: Of the benchmark.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator='\n')
    writer.writerow(_HEAD)
    for row in rows:
        writer.writerow(
            [
                *(row.task, row.backbone, row.seed, row.status, row.metric),
                '' if row.value is None else repr(float(row.value)),
                *(row.load.get(name, '') for name in ('matched', 'total')),
                *(_rounded(row.seconds.get(k)) for k in _SECONDS),
                row.folder,
                row.error,
            ]
        )
    return stream.getvalue()


def as_json(
    rows: Sequence[Row], about: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return everything as plain data: rows and cells.

    Numbers that are not finite become None, which JSON can say.

    Args:
        rows: Of the benchmark.
        about: More entries, e.g. versions.
    """
    content = dict(
        about or {},
        format=FORMAT,
        cells=[asdict(cell) for cell in cells_of(rows)],
        rows=[asdict(row) for row in rows],
    )
    return _plain(content)


def shown_names(rows: Sequence[Row]) -> dict[str, str]:
    """Return backbone -> name in tables; random weights come first.

    Those of a single architecture are just called random.

    Args:
        rows: Of the benchmark.
    """
    names = _backbones(rows)
    randoms = {row.backbone for row in rows if row.random}
    single = len(randoms) == 1
    return {n: 'random' if single and n in randoms else n for n in names}


def metric_text(metric: str) -> str:
    """Return a metric's name, of errors with a word on what is good.

    Example:
        >>> metric_text('mIoU'), metric_text('NME')
        ('mIoU', 'NME, lower is better')
    """
    return f'{metric}, lower is better' if lower_is_better(metric) else metric


def number_text(value: float, digits: int, sign: bool = False) -> str:
    """Return a number with so many digits behind the point, '-' for nan."""
    if not math.isfinite(value):
        return '-'
    return f'{value:{"+" if sign else ""}.{digits}f}'


_SECONDS = ('start', 'train', 'test')


def _backbones(rows: Sequence[Row]) -> list[str]:
    """Return the names, random weights first."""
    ordered = sorted(rows, key=lambda row: not row.random)
    return list(dict.fromkeys(row.backbone for row in ordered))


def _title(
    task: str,
    cells: Mapping[tuple[str, str], Cell],
    titles: Mapping[str, str],
) -> str:
    """Return the head of a column."""
    metrics = [c.metric for c in cells.values() if c.task == task and c.metric]
    name = titles.get(task) or task
    return f'{name} ({metric_text(metrics[0])})' if metrics else name


def _digits(cells: Any, task: str) -> int:
    """Return digits behind the point: more where numbers are below one."""
    values = [v for c in cells if c.task == task for v in c.values]
    return 4 if values and max(map(abs, values)) <= 1 else 2


def _cell(cell: Cell | None, digits: int) -> str:
    """Return mean, deviation and difference, '-' where there is none."""
    if cell is None or not cell.values:
        return '-'
    text = number_text(cell.mean, digits)
    if len(cell.values) > 1:
        text += f' ± {number_text(cell.std, digits)}'
    if cell.gain is not None:
        text += f' ({number_text(cell.gain, digits, sign=True)})'
    if len(cell.values) < cell.expected:
        text += f' [{len(cell.values)} of {cell.expected} seeds]'
    return text


def _notes(rows: Sequence[Row]) -> list[str]:
    """Name what has no result, and why."""
    notes = []
    for row in rows:
        where = f'* {row.task}, {row.backbone}, seed {row.seed}: '
        if row.status == FAILED:
            notes.append(f'{where}failed: {row.error} ({row.folder})')
        elif row.status != DONE:
            notes.append(f'{where}{row.status}')
        elif row.value is None or not math.isfinite(row.value):
            given = ', '.join(sorted(row.metrics)) or 'none'
            notes.append(
                f'{where}no number for {row.metric!r}; the evaluator gave: '
                f'{given}'
            )
    return notes


def _rounded(seconds: float | None) -> str:
    return '' if seconds is None else f'{seconds:.1f}'


def _plain(value: Any) -> Any:
    """Return data that JSON can hold."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
