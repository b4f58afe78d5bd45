"""From a folder of videos to frame pairs, flow and lists."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from typing import Any, TextIO

from mmssl.flow.handler import ExtractionHandler
from mmssl.flow.layout import SUMMARY
from mmssl.flow.lists import match_videos, split_videos, write_lists
from mmssl.flow.markers import (
    Marker,
    blocked,
    differences,
    read_marker,
    write_json,
)
from mmssl.flow.output_lock import OutputLock
from mmssl.flow.pair_run import PairRun
from mmssl.flow.report import ExtractionReport, Skipped
from mmssl.flow.run import probe_sources
from mmssl.flow.settings import ExtractionSettings
from mmssl.flow.workers import InlinePool, WorkerPool
from mmssl.io.video_sources import VideoSource, find_sources
from mmssl.io.videos import PathLike


def extract_folder(
    root: PathLike,
    out: PathLike,
    settings: ExtractionSettings | None = None,
    *,
    workers: int | None = None,
    val_share: float = 0.1,
    seed: int = 0,
    val_names: Sequence[str] | None = None,
    absolute: bool = False,
    overwrite: bool = False,
    stream: TextIO | None = None,
) -> ExtractionReport:
    """Turn videos and frame folders into training data for CMP.

    Writes ``OUT/train.txt`` and ``OUT/val.txt`` in the published format
    (``img0 img1 flow_x.jpg flow_y.jpg`` or ``img0 img1 flow.flo``, paths
    below OUT), ``OUT/summary.json``, and for each video a folder of frames
    and flow. An interrupted run goes on where it was when called again: a
    finished video is not done again. The result does not depend on the
    number of workers.

    Args:
        root: Folder, searched with its subfolders, or one video.
        out: Output folder; what is in it already is kept.
        settings: How pairs are made; defaults if None.
        workers: Processes with one thread each; 0 works in this process;
            None takes one per core that this process may use.
        val_share: Share of videos for validation, chosen by hash.
        seed: Seed of that choice.
        val_names: Paths of the videos for validation below ``root``;
            replaces ``val_share``.
        absolute: Write absolute paths to the lists.
        overwrite: Redo videos that were made with other settings.
        stream: Where progress is shown; None for silence.

    Returns:
        What was used and what was skipped.

    Raises:
        FileNotFoundError: No videos below ``root``.
        ValueError: Settings out of range or other than those of the videos
            already in ``out``; or not one pair came out.
        OSError: ``out`` cannot be written, or is used by another run.
        KeyboardInterrupt: Ctrl-C; finished videos stay finished.
    """
    settings = settings or ExtractionSettings()
    out = os.fspath(out)
    if os.path.realpath(out) == os.path.realpath(root):
        raise ValueError(f'input and output are the same folder: {out}')
    split_videos([], val_share, seed)
    sources, ignored = find_sources(root, exclude=[out])
    names = [source.relative for source in sources]
    val = None if val_names is None else match_videos(val_names, names)
    fingerprint = settings.fingerprint()
    settings.build_estimator()  # fails before hours of work
    with OutputLock(out):
        markers, todo, skipped = _sort(
            sources, out, settings, fingerprint, overwrite
        )
        resumed = len(markers)
        if todo:
            with _pool(settings, workers) as pool:
                probes, unusable = probe_sources(pool, todo, stream)
                run = PairRun(todo, probes, out, settings, fingerprint, stream)
                run.drive(pool)
            markers += run.markers
            skipped += unusable + run.skipped
        order = {name: position for position, name in enumerate(names)}
        markers.sort(key=lambda marker: order[marker.relative])
        skipped.sort(key=lambda video: order[video.relative])
        report = ExtractionReport(
            out, markers, skipped, set(), resumed, fingerprint
        )
        _finish(report, val, val_share, seed, absolute, ignored)
    return report


def _pool(
    settings: ExtractionSettings, workers: int | None
) -> InlinePool | WorkerPool:
    """Make the workers."""
    make = functools.partial(ExtractionHandler, settings)
    if workers is None:
        workers = available_cores()
    if workers < 0:
        raise ValueError(f'workers must not be negative, got {workers}')
    if workers == 0:
        return InlinePool(make)
    return WorkerPool(make, workers, settings.method.startswith('raft'))


def available_cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _sort(
    sources: Sequence[VideoSource],
    out: str,
    settings: ExtractionSettings,
    fingerprint: dict[str, Any],
    overwrite: bool,
) -> tuple[list[Marker], list[VideoSource], list[Skipped]]:
    """Tell finished videos from those to do, and from those not wanted."""
    markers, todo, skipped = [], [], []
    conflicts: list[tuple[str, list[str]]] = []
    for source in sources:
        marker = read_marker(out, source)
        if marker is None:
            todo.append(source)
            continue
        found = differences(marker, source, fingerprint)
        kind = blocked(marker, settings)
        if found and overwrite:
            todo.append(source)
        elif found:
            conflicts.append((source.relative, found))
        elif kind:
            skipped.append(
                Skipped(source.relative, kind, 'not allowed by this run')
            )
        else:
            markers.append(marker)
    if conflicts:
        name, found = conflicts[0]
        raise ValueError(
            f'{out} holds {len(conflicts)} videos made otherwise, e.g. '
            f'{name} ({"; ".join(found)}): choose another output folder, or '
            'redo these videos with --overwrite'
        )
    return markers, todo, skipped


def _finish(
    report: ExtractionReport,
    val: set[str] | None,
    val_share: float,
    seed: int,
    absolute: bool,
    ignored: Sequence[str],
) -> None:
    """Write lists and summary.

    Raises:
        ValueError: There is not one pair.
    """
    used = [marker.relative for marker in report.markers if marker.kept]
    report.val = split_videos(used, val_share, seed) if val is None else val
    if len(used) == 1 and val is None and val_share > 0:
        report.notes.append(
            'only one video gave pairs, so val.txt is empty: the split is '
            'by video'
        )
    if ignored:
        report.notes.append(
            f'images beside videos were ignored in: {", ".join(ignored)}'
        )
    moved = write_lists(report.out, report.markers, report.val, absolute)
    if moved:
        report.notes.append(f'lists of others were kept as {", ".join(moved)}')
    write_json(os.path.join(report.out, SUMMARY), report.to_json())
    if not used:
        raise ValueError(f'not one pair came out.\n{report.text()}')
