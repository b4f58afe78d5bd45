"""What a worker does: a few items of one part."""

from __future__ import annotations

from typing import NamedTuple

from mmssl.worlds.parts.all_parts import PART_WRITERS
from mmssl.worlds.staging import UNIT, Stage
from mmssl.worlds.world_settings import WorldSettings


class UnitTask(NamedTuple):
    """The unit-th few items of a part."""

    part: str
    unit: int


class UnitHandler:
    """Callable that makes the items of a unit and keeps their records.

    Args:
        out: Folder of the world.
        settings: Of the world.
    """

    def __init__(self, out: str, settings: WorldSettings) -> None:
        self._out = out
        self._settings = settings
        self._items = {
            name: part.items(settings) for name, part in PART_WRITERS.items()
        }

    def __call__(self, task: UnitTask) -> int:
        """Make a unit; return how many items it has."""
        stage = Stage(self._out, task.part)
        part = PART_WRITERS[task.part]
        begin = task.unit * UNIT
        items = self._items[task.part][begin : begin + UNIT]
        folder = str(stage.folder)
        records = [part.make(self._settings, item, folder) for item in items]
        stage.write(task.unit, records)
        return len(items)
