"""The results of a folder of jobs: rows, and cells over seeds."""

from __future__ import annotations

import math
import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmssl.benchmark.job_state import DONE, read_state
from mmssl.benchmark.plan import JOBS
from mmssl.downstream.job_spec import JobResult
from mmssl.downstream.metrics import lower_is_better, pick_metric


@dataclass(frozen=True)
class Row:
    """What came of one job.

    Attributes:
        task: Name.
        backbone: Name.
        seed: Of the job.
        status: As of :class:`~mmssl.benchmark.job_state.JobState`.
        random: Whether the backbone has random weights.
        config: Of the backbone; None: the task's own.
        metric: Name of the number that counts.
        value: That number; None where there is none.
        metrics: All numbers.
        load: Of the backbone's tensors: ``matched``, ``total``, ...
        seconds: ``start``, ``train``, ``test``.
        error: Why it failed.
        folder: Of the job.
    """

    task: str
    backbone: str
    seed: int
    status: str = DONE
    random: bool = False
    config: dict[str, Any] | None = None
    metric: str = ''
    value: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    load: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    error: str = ''
    folder: str = ''


@dataclass(frozen=True)
class Cell:
    """A task and a backbone, over seeds.

    Attributes:
        task: Name.
        backbone: Name.
        random: Whether the backbone has random weights.
        metric: Name.
        values: One for each seed that has a finite number.
        mean: Of the values; nan where there are none.
        std: Of the seeds (n - 1); 0 for a single one.
        gain: How much better the mean is than that of random weights of the
            same architecture: the difference, of errors its negative; None
            where that is not known.
        expected: Number of jobs, with those that have failed.
    """

    task: str
    backbone: str
    random: bool
    metric: str
    values: tuple[float, ...]
    mean: float
    std: float
    gain: float | None
    expected: int


def read_rows(out: Path, jobs: Sequence[Path] = ()) -> list[Row]:
    """Return one row for each job of a folder, of all calls.

    Args:
        out: Folder of the benchmark.
        jobs: Folders of the jobs that come first, in this order.
    """
    found = sorted(
        (p for p in out.glob(f'{JOBS}/*/*/seed_*') if _seed(p) is not None),
        key=lambda p: (p.parts[:-1], _seed(p)),
    )
    rows = (_row(folder) for folder in dict.fromkeys([*jobs, *found]))
    return [row for row in rows if row is not None]


def cells_of(rows: Sequence[Row]) -> list[Cell]:
    """Put seeds together.

    Args:
        rows: Of a benchmark.

    Returns:
        One cell for each task and backbone, in the order of the rows.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.task, row.backbone), []).append(row)
    values = {key: _values(group) for key, group in groups.items()}
    cells = []
    for (task, backbone), group in groups.items():
        own = values[task, backbone]
        base = _baseline(task, group[0], groups)
        rivals = values.get((task, base), ()) if base else ()
        gain = _mean(own) - _mean(rivals) if own and rivals else None
        metric = next((row.metric for row in group if row.metric), '')
        if gain is not None and lower_is_better(metric):
            gain = -gain
        cells.append(
            Cell(
                task,
                backbone,
                group[0].random,
                metric,
                own,
                _mean(own),
                statistics.stdev(own) if len(own) > 1 else 0.0,
                None if group[0].random else gain,
                len(group),
            )
        )
    return cells


def _row(folder: Path) -> Row | None:
    """Return the row of a job, None where it cannot be told whose it is."""
    state = read_state(folder)
    spec, result = state.spec, state.result
    if spec is None:
        return None
    row = dict(
        task=spec.task,
        backbone=spec.backbone.name,
        seed=spec.seed,
        status=state.status,
        random=spec.backbone.file is None,
        config=spec.backbone.config,
        error=state.error,
        folder=str(folder),
    )
    if result is not None:
        metric, value = _chosen(result, spec.metric)
        row.update(
            metric=metric,
            value=value,
            metrics=dict(result.metrics),
            load=dict(result.load),
            seconds=dict(result.seconds),
        )
    return Row(**row)  # type: ignore[arg-type]


def _chosen(result: JobResult, wanted: str | None) -> tuple[str, float | None]:
    """Return the number that counts now; a job keeps all of them."""
    if wanted is None or wanted == result.metric:
        return result.metric, result.value
    try:
        return pick_metric(result.metrics, wanted)
    except ValueError:
        return wanted, None


def _seed(folder: Path) -> int | None:
    """Return the seed of a job's folder; None: it is none, or set aside."""
    found = re.fullmatch(r'seed_(\d+)', folder.name)
    return int(found[1]) if found else None


def _values(group: Sequence[Row]) -> tuple[float, ...]:
    """Return the finite numbers of a cell."""
    return tuple(
        float(row.value)
        for row in group
        if row.status == DONE
        and row.value is not None
        and math.isfinite(row.value)
    )


def _baseline(
    task: str, row: Row, groups: dict[tuple[str, str], list[Row]]
) -> str | None:
    """Return the name of the random weights of a backbone's architecture."""
    randoms = [
        (name, group[0].config)
        for (other, name), group in groups.items()
        if other == task and group[0].random
    ]
    for name, config in randoms:
        if config == row.config:
            return name
    return None


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan
