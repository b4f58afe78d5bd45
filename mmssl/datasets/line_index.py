"""Random access to the lines of huge text lists in almost no memory.

Ten million lines as Python objects are 4 GB, copied into every worker. Here
the text stays in the file. The index keeps the byte offset and the line
number of every 64th entry (16 bytes each: 2.5 MB for ten million lines), so
it also travels to spawned workers as it is; an entry costs one read of 64
lines.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

import numpy as np

from mmssl.io.errors import DataFileError, MissingFileError

_STRIDE = 64
_CHUNK_BYTES = 1 << 22
_MAX_LINE_BYTES = 1 << 16
_BOM = b'\xef\xbb\xbf'


class ListEntry(NamedTuple):
    """One entry of a list file.

    Attributes:
        fields: The whitespace-separated fields of the line.
        path: The list file.
        line: Line number in it, from 1.
    """

    fields: tuple[str, ...]
    path: str
    line: int


class _FileIndex(NamedTuple):
    """Where the entries of one file are; the last offset is the file's end."""

    path: str
    length: int
    offsets: np.ndarray  # (B + 1,) int64, bytes
    lines: np.ndarray  # (B,) int64, line number of a block's first entry


class LineIndex:
    """The entries of several list files, in order.

    Every line is checked when the index is built, in a vectorised pass that
    never holds more than 4 MiB of text. Blank lines are no entries; LF and
    CRLF endings and a UTF-8 byte order mark are understood.

    Args:
        paths: List files.
        num_fields: Fields that every line must have.
        layout: What the fields are, for the message of the error.

    Raises:
        MissingFileError: A list file is missing; also a FileNotFoundError.
        DataFileError: A line has another number of fields; the message names
            file and line and shows the line.

    Example:
        >>> import tempfile
        >>> with tempfile.NamedTemporaryFile('w', suffix='.txt') as file:
        ...     print('a.jpg b.jpg ab.flo', file=file, flush=True)
        ...     index = LineIndex([file.name], 3)
        ...     len(index), index[0].fields
        (1, ('a.jpg', 'b.jpg', 'ab.flo'))
    """

    def __init__(
        self, paths: Sequence[str], num_fields: int, layout: str = ''
    ) -> None:
        self.num_fields = num_fields
        self.layout = layout
        self._files = [self._index_file(os.fspath(path)) for path in paths]
        lengths = [file.length for file in self._files]
        self._ends = np.cumsum(lengths, dtype=np.int64)

    def __len__(self) -> int:
        """Return the number of entries of all files together."""
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, i: int) -> ListEntry:
        """Read entry ``i``, 0 <= i < len(self), from its file.

        Raises:
            IndexError: No such entry.
            ValueError: The file was changed after it was indexed.
        """
        if not 0 <= i < len(self):
            raise IndexError(f'entry {i} of a list of {len(self)} entries')
        place = int(np.searchsorted(self._ends, i, side='right'))
        file = self._files[place]
        i -= int(self._ends[place]) - file.length
        block, within = divmod(i, _STRIDE)
        expected = min(_STRIDE, file.length - block * _STRIDE)
        lines = _read_block(file, block).split(b'\n')
        entries = [n for n, line in enumerate(lines) if line.strip()]
        fields: list[bytes] = []
        if len(entries) == expected:
            fields = lines[entries[within]].split()
        if len(fields) != self.num_fields:
            raise ValueError(
                f'{file.path} was changed after it was indexed; restart with '
                'a list that nobody writes to'
            )
        return ListEntry(
            tuple(os.fsdecode(field) for field in fields),
            file.path,
            int(file.lines[block]) + entries[within] - entries[0],
        )

    def _index_file(self, path: str) -> _FileIndex:
        """Check every line of one file and note where the blocks begin."""
        if not os.path.isfile(path):
            raise MissingFileError(path, 'no such list file')
        entries = lines = 0
        offsets: list[np.ndarray] = []
        numbers: list[np.ndarray] = []
        end = 0
        with open(path, 'rb') as file:
            for end, text in _chunks(file, path):
                starts, counts = _count_fields(text)
                self._check(path, lines, text, starts, counts)
                rows = np.flatnonzero(counts)
                first = rows[-entries % _STRIDE :: _STRIDE]
                offsets.append(end - len(text) + starts[first])
                numbers.append(lines + 1 + first)
                entries += len(rows)
                lines += len(counts)
        offsets.append(np.array([end], np.int64))
        empty = np.zeros(0, np.int64)
        return _FileIndex(
            path,
            entries,
            np.concatenate(offsets),
            np.concatenate([*numbers, empty]),
        )

    def _check(
        self,
        path: str,
        above: int,
        text: bytes,
        starts: np.ndarray,
        counts: np.ndarray,
    ) -> None:
        """Refuse the first line with another number of fields."""
        wrong = np.flatnonzero((counts != self.num_fields) & (counts > 0))
        if not len(wrong):
            return
        row = int(wrong[0])
        line = text[starts[row] :].split(b'\n', 1)[0].strip()
        layout = f' ({self.layout})' if self.layout else ''
        raise DataFileError(
            path,
            f'line {above + row + 1}: expected {self.num_fields} '
            f'whitespace-separated fields{layout}, got {counts[row]}: '
            f'{line[:200].decode("utf-8", "replace")!r}',
        )


def _read_block(file: _FileIndex, block: int) -> bytes:
    """Read the text of one block of entries."""
    begin, end = (int(n) for n in file.offsets[block : block + 2])
    # Opened for each read: no handle to share with forks or to pickle.
    with open(file.path, 'rb', buffering=0) as stream:
        stream.seek(begin)
        text = stream.read(end - begin)
    return _without_bom(text) if begin == 0 else text


def _chunks(file: BinaryIO, path: str) -> Iterator[tuple[int, bytes]]:
    """Yield (offset behind the text, text that ends with a newline)."""
    rest = b''
    end = 0
    data = _without_bom(file.read(_CHUNK_BYTES))
    while data:
        cut = data.rfind(b'\n') + 1
        if cut:
            text = rest + data[:cut]
            end += len(text)
            yield end, text
            rest = b''
        rest += data[cut:]
        if len(rest) > _MAX_LINE_BYTES:
            raise DataFileError(
                path,
                'not a list of text lines: no line ends within '
                f'{_MAX_LINE_BYTES} bytes behind byte {end}',
            )
        data = file.read(_CHUNK_BYTES)
    if rest:  # the last line lacks its newline
        yield end + len(rest) + 1, rest + b'\n'


def _without_bom(text: bytes) -> bytes:
    """Blank a byte order mark; the length stays, and so all offsets."""
    return b'   ' + text[3:] if text.startswith(_BOM) else text


def _count_fields(text: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return the offset and the number of fields of each line.

    Args:
        text: Whole lines; the last byte is a newline.

    Returns:
        Offsets (L,) and field counts (L,), int64.
    """
    buffer = np.frombuffer(text, np.uint8)
    ends = np.flatnonzero(buffer == 10)  # L
    # The white space of bytes.split: space and 9..13 (uint8 wraps below 9).
    space = ((buffer - np.uint8(9)) <= 4) | (buffer == 32)
    begins = ~space
    begins[1:] &= space[:-1]
    upto = np.searchsorted(np.flatnonzero(begins), ends)  # L
    starts = np.concatenate([[0], ends[:-1] + 1])
    return starts, np.diff(upto, prepend=0)
