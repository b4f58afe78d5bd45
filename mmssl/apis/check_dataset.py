"""Find every bad file of a config's data before training does."""

from __future__ import annotations

import contextlib
import copy
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmssl.apis.check_run import CheckRun, num_cpus
from mmssl.datasets.check_record import CheckRecord
from mmssl.datasets.clean_list import check_clean, write_clean_list
from mmssl.datasets.file_check import Files, files_of
from mmssl.registry import DATASETS

SPLITS = ('train', 'val', 'test')


@dataclass
class CheckResult:
    """What a check found.

    Attributes:
        rows: (split, what its items are, items, bad files by kind).
        bad: Number of findings, each a bad file and the line that names it.
        report: File that lists them.
        first: The first few, in words.
    """

    rows: list[tuple[str, str, int, dict[str, int]]]
    bad: int
    report: Path
    first: list[str] = field(default_factory=list)

    def text(self) -> str:
        """Return a table and where the rest stands."""
        kinds = sorted({kind for row in self.rows for kind in row[3]})
        head = ['split', 'checked', *(f'bad: {kind}' for kind in kinds)]
        body = [
            [split, f'{items} {label}', *(f'{bad.get(k, 0)}' for k in kinds)]
            for split, label, items, bad in self.rows
        ]
        widths = [max(map(len, column)) for column in zip(head, *body)]
        lines = [
            '  '.join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip()
            for row in [head, *body]
        ]
        lines += ['', *self.first] if self.first else []
        more = self.bad - len(self.first)
        lines += [f'and {more} more'] if more else []
        found = f'{self.bad} bad files' if self.bad else 'nothing is bad'
        return '\n'.join([*lines, '', f'{found}; report: {self.report}'])


def check_dataset(
    config: Config,
    splits: Sequence[str] = SPLITS,
    *,
    report: str | Path = 'check_dataset.tsv',
    workers: int | None = None,
    fast: bool = False,
    time_limit_s: float = 600.0,
    write_clean: str | Path | None = None,
    stream: TextIO | None = None,
) -> CheckResult:
    """Read every file that a config's datasets name.

    Images and flow are read as training reads them, videos are decoded to
    their end. A decoder that crashes takes its worker along, not the check;
    the file is found and named. Interrupted, the same call goes on.

    Args:
        config: A training config; of a folder of images
            :func:`folder_config`.
        splits: Of 'train', 'val' and 'test'; those that the config lacks,
            or that repeat another one's data, are left out.
        report: ``.json``, else tab-separated: file, kind, reason, list, line.
        workers: Processes; None: one for each CPU.
        fast: Headers, ends and sizes only; nothing is decoded.
        time_limit_s: A decoder that takes longer hangs.
        write_clean: Write the list without the bad lines to this file.
        stream: Where progress is shown; None for silence.

    Returns:
        What was found.

    Raises:
        ValueError: No such data, or a clean list that cannot be written.
        FileNotFoundError: A list or a folder is missing.
    """
    named = _datasets(config, splits)
    readers = [
        (split, files)
        for split, dataset in named
        for files in files_of(dataset, fast)
    ]
    if write_clean is not None:
        check_clean(Path(write_clean), [files for _, files in readers])
    report = Path(report)
    record = CheckRecord(
        report.with_name(report.name + '.partial'),
        _identity(readers, fast),
        [len(files) for _, files in readers],
        [files.chunk for _, files in readers],
    )
    with contextlib.closing(record):
        run = CheckRun([files for _, files in readers], record, stream)
        run.drive(workers or num_cpus(), time_limit_s)
    record.write_report(report)
    if write_clean is not None:
        write_clean_list(Path(write_clean), readers[0][1], record)
    result = _result(readers, record, report)
    record.path.unlink()
    return result


def folder_config(
    folder: str | Path,
    names: str | Path | None = None,
    first: int | None = None,
) -> Config:
    """Return a config whose training data are images below a folder.

    Args:
        folder: Folder of images.
        names: List of names below the folder, one a line; None: all images.
        first: Only so many from the head; None: all.

    Raises:
        ValueError: ``first`` is below 1.
    """
    if first is not None and first < 1:
        raise ValueError(f'first must be a number of images >= 1, got {first}')
    dataset = dict(
        type='ImageFolder',
        data_prefix=str(folder),
        ann_file=str(names or ''),
        indices=first,
        pipeline=[dict(type='LoadImageRGB')],
    )
    return Config(dict(train_dataloader=dict(dataset=dataset)))


def _datasets(config: Config, splits: Sequence[str]) -> list[tuple[str, Any]]:
    """Build each dataset of the config once."""
    init_default_scope(config.get('default_scope') or 'mmssl')
    built: list[tuple[str, Any]] = []
    seen: list[Any] = []
    for split in splits:
        loader = config.get(f'{split}_dataloader')
        if not loader:
            continue
        cfg = copy.deepcopy(loader.dataset)
        _set_checked(cfg)
        data = {k: v for k, v in cfg.items() if k not in ('seed', 'test_mode')}
        if data not in seen:
            seen.append(data)
            built.append((split, DATASETS.build(cfg)))
    if not built:
        raise ValueError(
            f'the config has no data for {", ".join(splits)}: no '
            + ' and no '.join(f'{split}_dataloader' for split in splits)
        )
    return built


def _set_checked(cfg: Any) -> None:
    """Keep what decides which files are read; videos are found later."""
    inner = cfg.get('dataset'), *(cfg.get('datasets') or ())
    for below in filter(None, inner):
        _set_checked(below)
    cfg.pop('unreadable', None)
    if 'pipeline' in cfg:
        cfg.pipeline = [
            step
            for step in cfg.pipeline
            if str(step.get('type')).startswith(('LoadImage', 'mmssl.LoadIm'))
        ]
    if 'videos' in cfg:
        cfg.lazy_init = True


def _identity(
    readers: Sequence[tuple[str, Files]], fast: bool
) -> dict[str, Any]:
    """Say what is checked, so that another check is not continued."""
    parts = []
    for split, files in readers:
        dataset = getattr(files, 'dataset', None)
        lists = getattr(dataset, 'ann_file', None) or []
        lists = [lists] if isinstance(lists, str) else list(lists)
        stats = [os.stat(one) for one in lists if os.path.isfile(one)]
        stamps = [[one.st_size, one.st_mtime_ns] for one in stats]
        names = getattr(dataset, 'fingerprint', int)()
        parts.append([split, files.label, len(files), lists, stamps, names])
    return dict(fast=fast, datasets=parts)


def _result(
    readers: Sequence[tuple[str, Files]], record: CheckRecord, report: Path
) -> CheckResult:
    rows = []
    for number, (split, files) in enumerate(readers):
        bad = {
            kind: count
            for (dataset, kind), count in sorted(record.counts.items())
            if dataset == number
        }
        rows.append((split, files.label, len(files), bad))
    first: list[str] = []
    for finding in record.findings():
        if len(first) == 10:
            break
        source = f' (from {finding.source})' if finding.source else ''
        first.append(f'{finding.path}: {finding.reason}{source}')
    return CheckResult(rows, record.bad, report, first)
