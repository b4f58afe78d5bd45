"""All units of the parts that are to be made, by a pool of workers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TextIO

from mmssl.flow.progress import ProgressBar
from mmssl.flow.run import Pool, run_tasks
from mmssl.flow.workers import Reply
from mmssl.worlds.layout import WorldFile, write_world
from mmssl.worlds.parts.all_parts import PART_WRITERS
from mmssl.worlds.program import program_digest
from mmssl.worlds.staging import UNIT, Stage
from mmssl.worlds.unit_handler import UnitTask
from mmssl.worlds.world_settings import WorldSettings


class WorldRun:
    """Makes parts, and moves each to its place when it is whole.

    Args:
        out: Folder of the world.
        settings: Of the world.
        world: Content of ``world.json``; parts are added as they are done.
        parts: Those to make.
        stream: Where progress is shown; None for silence.

    Attributes:
        resumed: Items that an earlier run had made.
        made: Items that this run has made.
    """

    def __init__(
        self,
        out: str,
        settings: WorldSettings,
        world: WorldFile,
        parts: Sequence[str],
        stream: TextIO | None,
    ) -> None:
        self.resumed = self.made = 0
        self._out = out
        self._settings = settings
        self._world = world
        self._stages = {part: Stage(out, part) for part in parts}
        program = program_digest()
        for stage in self._stages.values():
            stage.begin(program)
        self._items = {
            part: PART_WRITERS[part].items(settings) for part in parts
        }
        self._costs = {
            part: PART_WRITERS[part].cost(settings) for part in parts
        }
        self._todo = {part: self._open_units(part) for part in parts}
        sizes = {
            part: sum(self._size(part, unit) for unit in units)
            for part, units in self._todo.items()
        }
        cost = sum(sizes[part] * self._costs[part] for part in parts)
        self._bar = ProgressBar(sum(sizes.values()), cost, 'items', stream)

    def drive(self, pool: Pool) -> None:
        """Make everything.

        Args:
            pool: Workers with a
                :class:`~mmssl.worlds.unit_handler.UnitHandler` each.

        Raises:
            OSError: The output cannot be written, or a process has ended.
            RuntimeError: An item cannot be drawn.
        """
        for part in [part for part, units in self._todo.items() if not units]:
            self._finish(part)
        tasks = self._tasks()
        run_tasks(pool, lambda worker: next(tasks, None), self._handle)
        self._bar.close()

    def _open_units(self, part: str) -> set[int]:
        """Return the units that are still to be made."""
        stage, items = self._stages[part], self._items[part]
        if stage.placing:
            self.resumed += len(items)
            return set()
        units = set(range(math.ceil(len(items) / UNIT)))
        done = {unit for unit in units if stage.read(unit) is not None}
        self.resumed += sum(self._size(part, unit) for unit in done)
        return units - done

    def _size(self, part: str, unit: int) -> int:
        return min(UNIT, len(self._items[part]) - unit * UNIT)

    def _tasks(self) -> Iterator[UnitTask]:
        todo = {part: sorted(units) for part, units in self._todo.items()}
        for part, units in todo.items():
            yield from (UnitTask(part, unit) for unit in units)

    def _handle(self, task: UnitTask, reply: Reply) -> None:
        name = f'part {task.part}, items from {task.unit * UNIT}'
        if reply.kind == 'died':
            raise OSError(
                f'{name}: {reply.value}, out of memory perhaps; the same '
                'command goes on with what is left'
            )
        if reply.kind != 'done':
            kind = OSError if reply.fatal else RuntimeError
            raise kind(f'{name}: {reply.value}')
        self.made += reply.value
        self._bar.add(
            reply.value, reply.value * self._costs[task.part], task.part
        )
        self._todo[task.part].remove(task.unit)
        if not self._todo[task.part]:
            self._finish(task.part)

    def _finish(self, part: str) -> None:
        """Write lists and labels, move the part, and name it as there."""
        stage, items = self._stages[part], self._items[part]
        records = [
            record
            for unit in range(math.ceil(len(items) / UNIT))
            for record in stage.read(unit) or ()
        ]
        if len(records) != len(items):
            raise OSError(
                f'{stage.folder}: records are gone; remove this folder and '
                'run the same command again'
            )
        if not stage.placing:
            PART_WRITERS[part].finish(
                self._settings, list(zip(items, records)), str(stage.folder)
            )
        stage.place()
        self._world.parts[part] = PART_WRITERS[part].counts(
            self._settings, list(zip(items, records))
        )
        write_world(self._out, self._world)
        stage.remove()
