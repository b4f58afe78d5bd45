"""What the folder of a benchmark shows: table, CSV, JSON and picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Callable

from mmssl.benchmark.results import Row, read_rows
from mmssl.benchmark.table import as_json, csv_text, markdown_table
from mmssl.checkpoints.atomic import write_text_atomically
from mmssl.utils.whole_file import written_whole
from mmssl.version import __version__

Say = Callable[[str], None]


class Results:
    """What a benchmark's folder shows to people and programs.

    Args:
        out: Folder of the benchmark.
        titles: Task -> for people.
        say: Gets a line where no picture can be drawn.
    """

    def __init__(
        self, out: Path, titles: Mapping[str, str], say: Say = print
    ) -> None:
        self.out = out
        self.titles = titles
        self.say = say

    def table(self) -> str:
        """Return the table of all that is in the folder."""
        return markdown_table(read_rows(self.out), self.titles)

    def write(self, picture: bool = True) -> list[Path]:
        """Write ``results.md``, ``.csv``, ``.json`` and ``.png``.

        Args:
            picture: Also draw, which takes a second.

        Returns:
            The files.
        """
        rows = read_rows(self.out)
        about = dict(mmssl=__version__, titles=dict(self.titles))
        content = json.dumps(as_json(rows, about), indent=2)
        texts = {
            'results.md': f'{markdown_table(rows, self.titles)}\n',
            'results.csv': csv_text(rows),
            'results.json': f'{content}\n',
        }
        files = [self.out / name for name in texts]
        for file, text in zip(files, texts.values()):
            write_text_atomically(text, file)
        numbers = any(row.value is not None for row in rows)
        if picture and numbers:
            files += self._draw(rows)
        return files

    def _draw(self, rows: Sequence[Row]) -> list[Path]:
        from PIL import Image

        from mmssl.benchmark.figure import draw_benchmark

        path = self.out / 'results.png'
        try:
            image = draw_benchmark(rows, self.titles)
        except (ImportError, ValueError) as error:
            self.say(f'no picture: {error}')
            return []
        with written_whole(path) as place:
            Image.fromarray(image).save(place)
        return [path]
