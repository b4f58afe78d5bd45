"""Where a part lies until it is whole, and how far it is.

::

    OUT/.making/PART/FOLDER ...       as they will lie in OUT
    OUT/.making/PART/units/3.json     records of items that are written
    OUT/.making/PART/program          digest of the program that made them
    OUT/.making/PART/placing          all is written, folders are being moved
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmssl.utils.whole_file import written_whole
from mmssl.worlds.layout import MAKING, PARTS

UNIT = 8  # items that a worker makes at a time


class Stage:
    """The folder of one part while it is made.

    Args:
        out: Folder of the world.
        part: Name of the part.
    """

    def __init__(self, out: str, part: str) -> None:
        self._out = Path(out)
        self._part = part
        self.folder = self._out / MAKING / part

    @property
    def placing(self) -> bool:
        """Whether all is written and being moved to its place."""
        return (self.folder / 'placing').is_file()

    def foreign(self) -> list[str]:
        """Return folders at the part's place that are not of this world."""
        if self.placing:
            return []
        paths = [self._out / name for name in PARTS[self._part]]
        return [str(path) for path in paths if os.path.lexists(path)]

    def begin(self, program: str) -> None:
        """Keep what the same program has made; remove what another has.

        Args:
            program: Digest of the program that goes on.
        """
        path = self.folder / 'program'
        if self.placing:
            return
        if not path.is_file() or path.read_text('utf-8') != program:
            self.remove()
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as partial:
            partial.write_text(program, 'utf-8')

    def read(self, unit: int) -> list[Any] | None:
        """Return the records of a unit; None if it is not finished."""
        try:
            return list(json.loads(self._file(unit).read_text('utf-8')))
        except (FileNotFoundError, ValueError):
            return None

    def write(self, unit: int, records: Sequence[Any]) -> None:
        """Keep the records of a unit, whose files are written."""
        path = self._file(unit)
        path.parent.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as partial:
            partial.write_text(json.dumps(list(records)), 'utf-8')

    def place(self) -> None:
        """Move the folders to their place; a killed move goes on here."""
        (self.folder / 'placing').touch()
        for name in PARTS[self._part]:
            if (self.folder / name).is_dir():
                os.replace(self.folder / name, self._out / name)

    def remove(self) -> None:
        """Remove what is left of the stage."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, unit: int) -> Path:
        return self.folder / 'units' / f'{unit}.json'
