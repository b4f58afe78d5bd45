"""The numbers of one run of a sweep, from the files that its commands wrote.

``mmssl test --out``, ``mmssl probe --out`` and any other JSON file in the
run's folder count, and the last validation of every training below it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmssl.evaluation.scalar_log import read_curves, read_records

# Of a row: says what was judged, and is no result.
_NAMES_ONLY = ('checkpoint', 'backbone', 'path')
_COUNTS = ('seconds', 'number', 'classes', 'semantic_weight')
_BASELINES = ('no network', 'random weights')  # as backbones of rows
_STATE = 'run.json'


def read_metrics(folder: str | Path) -> dict[str, float]:
    """Return all results in the folder of a run.

    Args:
        folder: Its ``*.json`` (but ``run.json``) are read, and the logs of
            every training whose work dir is the folder or lies in it.

    Returns:
        Name -> number. Names begin with that of the JSON file; those of a
        training are as logged. Its loss counts where nothing else is there.

    Raises:
        ValueError: A file is no JSON; it is named.
    """
    folder = Path(folder)
    found: dict[str, float] = {}
    logs = {log.parents[2] for log in folder.rglob('vis_data/scalars.json')}
    for work_dir in sorted(logs):
        found.update(last_validation(work_dir))
    for path in sorted(folder.glob('*.json')):
        if path.name == _STATE:
            continue
        try:
            content = json.loads(path.read_text('utf-8'))
        except ValueError as error:
            raise ValueError(f'{path} is no JSON: {error}') from error
        found.update(numbers_of(content, path.stem))
    if not found:
        for work_dir in sorted(logs):
            found.update(last_loss(work_dir))
    return found


def last_validation(work_dir: str | Path) -> dict[str, float]:
    """Return the last value of all that a training measured beside itself.

    That is what its validation loop logged, and all names with a folder
    (``probe/knn_top1``).

    Args:
        work_dir: Of the training.
    """
    curves = read_curves(work_dir)
    measured = {name for name in curves if '/' in name}
    for log in Path(work_dir).glob('*/vis_data/scalars.json'):
        for record in read_records(log):
            if 'iter' not in record:
                measured.update(record)
    measured -= {'step', 'time', 'data_time'}
    return {
        name: values[-1]
        for name, (_, values) in curves.items()
        if name in measured and name.split('/')[-1] not in _COUNTS
    }


def last_loss(work_dir: str | Path) -> dict[str, float]:
    """Return the last loss that a training logged.

    Args:
        work_dir: Of the training.
    """
    curves = read_curves(work_dir)
    return {'loss': curves['loss'][1][-1]} if 'loss' in curves else {}


def numbers_of(content: Any, name: str = '') -> dict[str, float]:
    """Return the numbers of a report with the paths to them.

    A report with ``rows`` (of a probe) is read for these alone. Rows are
    told apart by their texts (classifier, task); the name of what was judged
    is no part of it, but ``random weights`` and ``no network`` are.

    Args:
        content: What JSON gives.
        name: Beginning of all names.

    Example:
        >>> row = dict(backbone='a.pth', classifier='20-NN', top1=61.0)
        >>> numbers_of(dict(seconds=2, rows=[row]), 'probe')
        {'probe/20-NN/top1': 61.0}
    """
    if isinstance(content, Mapping) and isinstance(content.get('rows'), list):
        content = content['rows']
    return dict(_numbers(content, name))


def _numbers(content: Any, name: str) -> Iterator[tuple[str, float]]:
    """Yield (path, number) below a place of a report."""
    if isinstance(content, bool):
        return
    if isinstance(content, (int, float)):
        yield name, float(content)
    elif isinstance(content, Mapping):
        for key, value in content.items():
            if str(key).split('/')[-1] not in _COUNTS:
                yield from _numbers(value, _joined(name, str(key)))
    elif isinstance(content, list):
        rows = [row for row in content if isinstance(row, Mapping)]
        lambdas = {row.get('semantic_weight') for row in rows} - {None}
        several = len(lambdas) > 1
        for row in rows:
            yield from _numbers(row, _joined(name, *_labels(row, several)))


def _labels(row: Mapping[str, Any], several: bool) -> Iterator[str]:
    """Yield what tells a row from the others."""
    texts = {k: v for k, v in row.items() if isinstance(v, str)}
    yield from (text for text in texts.values() if text in _BASELINES)
    if several and 'semantic_weight' in row:
        yield f'lambda {row["semantic_weight"]}'
    for key, text in texts.items():
        if key not in _NAMES_ONLY and text not in _BASELINES:
            yield text


def _joined(*parts: str) -> str:
    """Return a path without empty parts."""
    return '/'.join(part for part in parts if part)
