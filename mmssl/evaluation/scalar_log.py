"""The numbers a run has logged, as curves over iterations."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

# Name -> (steps, values), steps rising.
Curves = dict[str, tuple[list[float], list[float]]]

# Where a record stands, not what was measured.
_PLACE = ('step', 'iter', 'epoch')


def read_curves(source: str | Path) -> Curves:
    """Read what mmengine's LocalVisBackend has written.

    Args:
        source: A ``scalars.json``, or a work dir, whose runs are put
            together: a later run (resumed, or started anew) replaces
            everything from its first step on.

    Returns:
        Name -> (steps, values).

    Raises:
        FileNotFoundError: There is no scalars.json.
        ValueError: A file holds something else; names file and line.
    """
    source = Path(source)
    if source.is_file():
        return curves_of(read_records(source))
    # Folders are named by time, so their order is that of the runs.
    logs = sorted(source.glob('*/vis_data/scalars.json'))
    if not logs:
        raise FileNotFoundError(
            f'{source}: no such file, and no work dir with '
            '*/vis_data/scalars.json in it (written by LocalVisBackend)'
        )
    merged: Curves = {}
    for log in logs:
        merged = continue_curves(merged, curves_of(read_records(log)))
    return merged


def read_records(path: str | Path) -> list[dict[str, Any]]:
    """Read one scalars.json: one JSON object on each line.

    Args:
        path: The file. A last line that was cut short by a kill is dropped.

    Returns:
        The records, in order.

    Raises:
        ValueError: Another line is no JSON object.
    """
    records: list[dict[str, Any]] = []
    lines = Path(path).read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            if number == len(lines) and records:
                break
            raise ValueError(
                f'{path}, line {number}: not a log of scalars ({error})'
            ) from error
        if not isinstance(record, dict):
            raise ValueError(f'{path}, line {number}: not a JSON object')
        records.append(record)
    return records


def curves_of(records: Iterable[Mapping[str, Any]]) -> Curves:
    """Sort records into one curve for each name.

    Validation in epochs is placed at the last iteration of its epoch.

    Args:
        records: Dicts with ``step`` and numbers; training records also have
            ``iter``, and ``epoch`` if training counts epochs.

    Returns:
        Name -> (steps, values).

    Example:
        >>> curves_of([{'loss': 2.0, 'step': 10}, {'loss': 1.0, 'step': 20}])
        {'loss': ([10.0, 20.0], [2.0, 1.0])}
    """
    records = list(records)
    last_iter: dict[int, float] = {}
    for record in records:
        if 'epoch' in record and 'iter' in record:
            last_iter[record['epoch']] = float(record['iter'])
    curves: Curves = {}
    for record in records:
        if 'step' not in record:
            continue
        step = float(record['step'])
        if 'iter' not in record:  # validation
            step = last_iter.get(record['step'], step)
        for name, value in record.items():
            if name in _PLACE or not isinstance(value, (int, float)):
                continue
            steps, values = curves.setdefault(name, ([], []))
            steps.append(step)
            values.append(float(value))
    return curves


def continue_curves(first: Curves, second: Curves) -> Curves:
    """Let a later run go on where an earlier one was left.

    Args:
        first: Curves of the earlier run.
        second: Curves of the later run.

    Returns:
        Both; of the first only what lies before the start of the second.

    Example:
        >>> continue_curves({'a': ([1, 2, 3], [9, 8, 7])}, {'a': ([2], [5])})
        {'a': ([1, 2], [9, 5])}
    """
    starts = [steps[0] for steps, _ in second.values() if steps]
    start = min(starts, default=float('inf'))
    merged: Curves = {}
    for name in [*first, *(n for n in second if n not in first)]:
        steps, values = first.get(name, ([], []))
        kept = sum(step < start for step in steps)
        more_steps, more_values = second.get(name, ([], []))
        merged[name] = (
            steps[:kept] + more_steps,
            values[:kept] + more_values,
        )
    return {name: curve for name, curve in merged.items() if curve[0]}
