"""What a check of a dataset has found so far: a file that grows, a report."""

from __future__ import annotations

import contextlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from mmssl.datasets.file_check import CheckTask, Finding
from mmssl.utils.whole_file import written_whole

COLUMNS = ('file', 'kind', 'reason', 'list', 'line')


class CheckRecord:
    """The findings of a check, written down as they come.

    One JSON line for each finished task, so that an interrupted check goes
    on, and memory stays small however much is bad.

    Args:
        path: File; an unfinished one of the same check is continued.
        identity: What is checked and how; JSON.
        sizes: Number of items of each dataset.
        chunks: Items of a task, for each dataset.

    Attributes:
        done: Items finished, for each dataset.
        bad: Findings.
        counts: (dataset, kind) -> findings.
    """

    def __init__(
        self,
        path: Path,
        identity: dict[str, Any],
        sizes: Sequence[int],
        chunks: Sequence[int],
    ) -> None:
        self.path = path
        self.done = [0] * len(sizes)
        self.bad = 0
        self.counts: Counter[tuple[int, str]] = Counter()
        self._chunks = chunks
        self._finished = [
            bytearray(-(-size // chunk)) for size, chunk in zip(sizes, chunks)
        ]
        header = json.dumps(identity, sort_keys=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        if self._first_line() != header:
            path.write_text(header + '\n')
        whole = len(header.encode()) + 1
        for line, end in self._lines():
            self._count(*_parsed(line))
            whole = end
        os.truncate(path, whole)  # a line cut off by a kill
        self._file: TextIO = open(path, 'a', encoding='utf-8')  # noqa: SIM115

    def is_done(self, dataset: int, begin: int) -> bool:
        """Say whether the task that begins there is finished."""
        return bool(self._finished[dataset][begin // self._chunks[dataset]])

    def add(self, task: CheckTask, findings: Sequence[Finding]) -> None:
        """Write down what a task found."""
        place = (task.dataset, task.begin, task.end)
        self._count(place, findings)
        json.dump([place, findings], self._file)
        self._file.write('\n')
        self._file.flush()

    def findings(self, dataset: int | None = None) -> Iterator[Finding]:
        """Yield all findings, those of the first items first or nearly so.

        Args:
            dataset: Only those of one.
        """
        for line, _ in self._lines():
            place, findings = _parsed(line)
            if dataset in (None, place[0]):
                yield from findings

    def close(self) -> None:
        """Stop writing."""
        self._file.close()

    def write_report(self, path: Path) -> None:
        """Write the findings: ``.json`` a list of objects, else tab-separated.

        Args:
            path: File to write.
        """
        with written_whole(path) as partial:
            with partial.open('w', encoding='utf-8', errors='replace') as file:
                if path.suffix == '.json':
                    self._write_json(file)
                else:
                    self._write_table(file)

    def _write_table(self, file: TextIO) -> None:
        file.write('\t'.join(COLUMNS) + '\n')
        for finding in self.findings():
            row = report_row(finding).values()
            file.write('\t'.join(' '.join(str(x).split()) for x in row) + '\n')

    def _write_json(self, file: TextIO) -> None:
        between = '[\n'
        for finding in self.findings():
            file.write(between + json.dumps(report_row(finding)))
            between = ',\n'
        file.write('\n]\n' if between == ',\n' else '[]\n')

    def _count(
        self, place: Sequence[int], findings: Sequence[Finding]
    ) -> None:
        dataset, begin, end = place
        self._finished[dataset][begin // self._chunks[dataset]] = 1
        self.done[dataset] += end - begin
        self.bad += len(findings)
        self.counts.update((dataset, one.kind) for one in findings)

    def _first_line(self) -> str:
        with contextlib.suppress(OSError, UnicodeDecodeError):
            with open(self.path, encoding='utf-8') as file:
                return file.readline().rstrip('\n')
        return ''

    def _lines(self) -> Iterator[tuple[bytes, int]]:
        """Yield (line, offset behind it) of the finished tasks."""
        with open(self.path, 'rb') as file:
            end = len(file.readline())
            for line in file:
                if not line.endswith(b'\n'):
                    return
                end += len(line)
                yield line, end


def report_row(finding: Finding) -> dict[str, Any]:
    """Return a finding by the names of :data:`COLUMNS`.

    Example:
        >>> found = Finding(3, 'a.jpg', 'image', 'cut', 'l.txt, line 4')
        >>> list(report_row(found).values())
        ['a.jpg', 'image', 'cut', 'l.txt', 4]
    """
    name, _, line = finding.source.rpartition(', line ')
    number = int(line) if name and line.isdigit() else ''
    values = (finding.path, finding.kind, finding.reason, name, number)
    return dict(zip(COLUMNS, values))


def _parsed(line: bytes) -> tuple[Sequence[int], list[Finding]]:
    place, findings = json.loads(line)
    return place, [Finding(*one) for one in findings]
