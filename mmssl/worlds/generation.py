"""Make a world: what is there stays, what is missing is made."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

from mmssl.flow.output_lock import OutputLock
from mmssl.flow.run import Pool
from mmssl.flow.workers import InlinePool, WorkerPool
from mmssl.worlds.layout import (
    MAKING,
    WorldFile,
    chosen_parts,
    differences,
    read_world,
    write_world,
)
from mmssl.worlds.staging import Stage
from mmssl.worlds.unit_handler import UnitHandler
from mmssl.worlds.world_run import WorldRun
from mmssl.worlds.world_settings import WorldSettings
from mmssl.worlds.world_size import expected_bytes


@dataclass
class WorldReport:
    """What :func:`generate_world` did.

    Attributes:
        out: Folder of the world.
        world: Content of its ``world.json``.
        made: Parts that were made now.
        kept: Parts that were there already.
        items: Items that were drawn now.
        resumed: Items that an earlier run had drawn.
    """

    out: str
    world: WorldFile
    made: list[str]
    kept: list[str]
    items: int = 0
    resumed: int = 0

    def text(self) -> str:
        """Return the report in words, several lines."""
        lines = [
            f'{part}: '
            + ', '.join(f'{n} {what}' for what, n in counts.items())
            + (' (there already)' if part in self.kept else '')
            for part, counts in self.world.parts.items()
        ]
        if self.resumed:
            lines.append(f'{self.resumed} items are from an earlier run')
        missing = self.world.missing()
        if missing:
            lines.append(f'not made yet: {", ".join(missing)}')
        lines.append(f'the world is in {self.out}')
        return '\n'.join(lines)


def generate_world(
    out: str | os.PathLike[str],
    settings: WorldSettings,
    parts: Iterable[str] | None = None,
    workers: int | None = None,
    stream: TextIO | None = None,
) -> WorldReport:
    """Write a world, or go on with one that is not whole.

    Equal settings give equal bytes, whatever the number of workers and
    however often the run was killed. A part appears in ``out`` when it is
    whole.

    Args:
        out: Folder; made if it is missing.
        settings: What to draw, see
            :func:`~mmssl.worlds.world_settings.settings_of`.
        parts: Names of parts, see :data:`~mmssl.worlds.layout.PARTS`; None:
            all.
        workers: Processes with one thread each; 0 works in this process;
            None takes one per core that this process may use.
        stream: Where progress is shown; None for silence.

    Returns:
        What is there now.

    Raises:
        ValueError: ``out`` holds another world or folders of others, or an
            argument is out of range.
        OSError: ``out`` cannot be written, is used by another run, or the
            disk is too small.
        KeyboardInterrupt: Ctrl-C; the same call goes on.
    """
    wanted = chosen_parts(parts)
    if workers is not None and workers < 0:
        raise ValueError(f'workers must not be negative, got {workers}')
    out = os.fspath(out)
    _check_folder(out, settings)
    with OutputLock(out, folders=(MAKING,), what='generation'):
        world = _check_folder(out, settings)
        kept = [part for part in wanted if part in world.parts]
        todo = [part for part in wanted if part not in world.parts]
        _refuse_foreign(out, todo)
        _check_space(out, settings, todo)
        write_world(out, world)
        report = WorldReport(out, world, todo, kept)
        if todo:
            run = WorldRun(out, settings, world, todo, stream)
            with _pool(out, settings, workers) as pool:
                run.drive(pool)
            report.items, report.resumed = run.made, run.resumed
    return report


def _check_folder(out: str, settings: WorldSettings) -> WorldFile:
    """Return the world that is there, or a new one.

    Raises:
        ValueError: It is another one.
        OSError: It is not a folder.
    """
    if os.path.exists(out) and not os.path.isdir(out):
        raise NotADirectoryError(f'{out} is a file, not a folder')
    world = read_world(out)
    if world is None:
        return WorldFile(settings.to_json())
    found = differences(world, settings)
    if found:
        there = world.settings
        raise ValueError(
            f'{out} holds another world ({"; ".join(found)}): go on with '
            f'that one by --preset {there.get("preset")} '
            f'--seed {there.get("seed")}, or choose another folder'
        )
    return world


def _refuse_foreign(out: str, parts: Sequence[str]) -> None:
    """Never write into folders that this program has not made."""
    foreign = [path for part in parts for path in Stage(out, part).foreign()]
    if foreign:
        raise ValueError(
            f'{", ".join(foreign)} would be overwritten, and no world.json '
            'says that mmssl puppets made it: move it away, or choose '
            'another folder'
        )


def _check_space(
    out: str, settings: WorldSettings, parts: Sequence[str]
) -> None:
    """Refuse to begin what the disk cannot hold."""
    needed = sum(expected_bytes(settings, part) for part in parts)
    free = shutil.disk_usage(out).free
    if needed > free:
        raise OSError(
            f'{out}: about {needed / 1e6:,.0f} MB are needed for '
            f'{", ".join(parts)}, {free / 1e6:,.0f} MB are free'
        )


def _pool(out: str, settings: WorldSettings, workers: int | None) -> Pool:
    """Make the workers."""
    make = functools.partial(UnitHandler, out, settings)
    if workers is None:
        workers = _available_cores()
    return InlinePool(make) if workers == 0 else WorkerPool(make, workers)


def _available_cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
