"""Runs a set of values of any config key, and puts the results together."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Callable

from mmssl.apis.sweep_files import check_fingerprints, fingerprints
from mmssl.apis.sweep_key import SweepError
from mmssl.apis.sweep_plan import SweepPlan
from mmssl.apis.sweep_run import SweepRun
from mmssl.checkpoints.atomic import write_text_atomically
from mmssl.evaluation.sweep_table import (
    SweepRow,
    by_metric,
    csv_text,
    markdown_table,
    metric_names,
)
from mmssl.flow.output_lock import OutputLock
from mmssl.utils.whole_file import written_whole

_PLAN = 'sweep.json'


def run_sweep(
    plan: SweepPlan,
    out: str | Path,
    *,
    retries: int = 1,
    say: Callable[[str], None] = print,
) -> list[SweepRow]:
    """Run all values of a plan that are not done yet.

    Every run has a folder, ``runs/KEY=VALUE``. Finished runs are never
    computed again; later calls may add values and seeds. Failed runs are
    named, tried again when the others are done, and by every later call.
    ``results.csv`` and ``results.md`` are up to date after each run.

    Args:
        plan: From :func:`~mmssl.apis.sweep_plan.make_plan`.
        out: Folder of the sweep.
        retries: How often failed runs are tried again; not if all fail.
        say: Gets lines that tell how it goes.

    Returns:
        One row for each run, in the order of the values.

    Raises:
        SweepError: The folder belongs to another sweep, or its config or
            checkpoint has changed since.
        OSError: Another process is at work in the folder, or it cannot be
            written.
    """
    out = Path(out)
    with OutputLock(str(out), 0, ('runs',), what='sweep'):
        runs = _all_runs(plan, out)
        open_runs = [run for run in runs if run.row().status != 'done']
        if len(open_runs) < len(runs):
            say(f'{len(runs) - len(open_runs)} of {len(runs)} runs are done')
        for attempt in range(1 + retries):
            failed = []
            for number, run in enumerate(open_runs, 1):
                again = ' again' if attempt else ''
                say(f'[{number}/{len(open_runs)}] {run.folder.name}{again}')
                row = run.execute()
                say(f'    {_told(row)}')
                write_tables(plan.key, rows_of(out), out)
                if row.status != 'done':
                    failed.append(run)
            if len(failed) == len(runs):
                break  # not bad luck: something is wrong with all of them
            open_runs = failed
        rows = [run.row() for run in runs]
        write_tables(plan.key, rows_of(out), out)
    return rows


def rows_of(out: str | Path) -> list[SweepRow]:
    """Return the rows of a sweep from its folder alone, of all calls.

    Args:
        out: Folder of the sweep.

    Raises:
        SweepError: It is no folder of a sweep.
    """
    plan = read_plan(out)
    return [SweepRun(plan, *run, Path(out)).row() for run in plan.runs()]


def read_plan(out: str | Path) -> SweepPlan:
    """Return the plan of a folder, with the values of all calls.

    Args:
        out: Folder of the sweep.

    Raises:
        SweepError: It is no folder of a sweep.
    """
    path = Path(out) / _PLAN
    try:
        content = json.loads(path.read_text('utf-8'))
        content.pop('fingerprints', None)
        content['steps'] = tuple(tuple(step) for step in content['steps'])
        content['values'] = tuple(content['values'])
        content['seeds'] = tuple(content['seeds'])
        return SweepPlan(**content)
    except FileNotFoundError as error:
        raise SweepError(f'{out} is no folder of a sweep: no {_PLAN}') from (
            error
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SweepError(f'{path} cannot be read: {error}') from error


def write_tables(key: str, rows: Sequence[SweepRow], out: str | Path) -> None:
    """Write ``results.csv`` and ``results.md``.

    Args:
        key: That was changed.
        rows: Of all runs.
        out: Folder of the sweep.
    """
    out = Path(out)
    write_text_atomically(csv_text(key, rows), out / 'results.csv')
    table = markdown_table(key, rows)
    write_text_atomically(f'{table}\n', out / 'results.md')


def draw_results(
    key: str,
    sweeps: Mapping[str, Sequence[SweepRow]],
    out: str | Path,
    *,
    metrics: Sequence[str] | None = None,
    style: str = 'auto',
    title: str = '',
) -> list[Path]:
    """Write ``results.png`` with all metrics, and ``plots/`` with each.

    Args:
        key: That was changed.
        sweeps: Name -> rows of one or several sweeps.
        out: Folder of the sweep.
        metrics: Shell patterns of those to draw; None: all but details.
        style: As in :func:`~mmssl.visualization.sweep_figure.draw_sweep`.
        title: Line above the plots.

    Returns:
        The files; none where there is no result yet.

    Raises:
        ImportError: matplotlib is missing.
        ValueError: Nothing fits a pattern, or no such style.
    """
    from PIL import Image

    from mmssl.visualization.sweep_figure import draw_sweep, panel_names

    found = {name: by_metric(rows, ['*']) for name, rows in sweeps.items()}
    every = [row for rows in sweeps.values() for row in rows]
    chosen = metric_names(every, metrics)
    names = [name for name in panel_names(found) if name in chosen]
    if not names:
        return []
    folder = Path(out) / 'plots'
    folder.mkdir(parents=True, exist_ok=True)
    pictures: dict[Path, list[str]] = {Path(out) / 'results.png': names}
    if len(names) > 1:
        for name in names:
            file = folder / f'{name.replace("/", "_").replace(" ", "_")}.png'
            pictures[file] = [name]
    for path, only in pictures.items():
        image = draw_sweep(key, found, style, title, only=only)
        with written_whole(path) as place:
            Image.fromarray(image).save(place)
    return list(pictures)


def _all_runs(plan: SweepPlan, out: Path) -> list[SweepRun]:
    """Note the plan in its folder; return the runs that are asked for."""
    stored, files = plan, fingerprints(plan)
    if (out / _PLAN).is_file():
        stored = read_plan(out)
        _check_same(stored, plan, out)
        before = json.loads((out / _PLAN).read_text('utf-8'))
        before = before.get('fingerprints', {})
        check_fingerprints(before, files, out)
        files = {**before, **files}
    values = dict.fromkeys((*stored.values, *plan.values))
    seeds = dict.fromkeys((*stored.seeds, *plan.seeds))
    content: dict[str, Any] = dict(
        plan.same_runs(),
        values=_sorted(values),
        seeds=list(seeds),
        fingerprints=files,
    )
    write_text_atomically(json.dumps(content, indent=2), out / _PLAN)
    return [SweepRun(plan, *run, out) for run in plan.runs()]


def _check_same(stored: SweepPlan, plan: SweepPlan, out: Path) -> None:
    """Refuse to mix the runs of two sweeps in one folder."""
    before, now = stored.same_runs(), plan.same_runs()
    changed = [name for name in now if now[name] != before[name]]
    if changed:
        name = changed[0]
        raise SweepError(
            f'{out} holds another sweep: {name} was {before[name]!r}, now '
            f'{now[name]!r}; choose another --out'
        )


def _sorted(values: Mapping[str, None]) -> list[str]:
    """Return values as numbers rise, as they came where some are texts."""
    try:
        return sorted(values, key=float)
    except ValueError:
        return list(values)


def _told(row: SweepRow) -> str:
    """Return what came of a run in one line."""
    if row.status != 'done':
        return f'{row.status}: {row.error}'
    shown = [f'{n} {v:.4g}' for n, v in list(row.metrics.items())[:4]]
    more = len(row.metrics) - len(shown)
    return f'{row.seconds:.0f} s, {", ".join(shown)}' + f' and {more} more' * (
        more > 0
    )
