"""The names of millions of files in a few flat arrays.

As Python objects, 1.3 million paths take 150 MB, and every worker copies
them: counting references writes to their pages. Here they are 45 MB that
forked workers share.
"""

from __future__ import annotations

import os
import zlib
from array import array
from typing import Any

import numpy as np


class FlatStrings:
    """An immutable row of byte strings.

    Args:
        joined: All of them, one after another.
        lengths: Bytes of each; (n,) integers.

    Example:
        >>> strings = FlatStrings(b'catdog', [3, 0, 3])
        >>> len(strings), strings[0], strings[1], strings[2]
        (3, b'cat', b'', b'dog')
    """

    def __init__(self, joined: bytes | bytearray, lengths: Any) -> None:
        self.buffer = np.frombuffer(bytes(joined), np.uint8)
        self.ends = np.cumsum(np.asarray(lengths, np.int64), dtype=np.int64)

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, i: int) -> bytes:
        begin = int(self.ends[i - 1]) if i else 0
        return self.buffer[begin : int(self.ends[i])].tobytes()


class PathTable:
    """Relative paths of files, folder by folder.

    Attributes:
        folders: Relative paths of the folders, '' for the root itself.
        folder_ids: (n,) int32, the folder of each file.

    Example:
        >>> table = PathTable.Builder()
        >>> table.add_folder('cats', ['a.jpg', 'b.jpg'])
        >>> table.add_folder('', ['c.jpg'])
        >>> table = table.build()
        >>> len(table), table[1], table[2]
        (3, 'cats/b.jpg', 'c.jpg')
    """

    class Builder:
        """Takes folders one after another."""

        def __init__(self) -> None:
            self._names, self._folders = bytearray(), bytearray()
            self._lengths, self._folder_lengths = array('q'), array('q')
            self._counts = array('q')

        def __len__(self) -> int:
            return len(self._lengths)

        def add_folder(self, folder: str, names: list[str]) -> None:
            """Add the files of one folder.

            Args:
                folder: Its path below the root.
                names: Of its files.
            """
            encoded = [os.fsencode(name) for name in names]
            self._names += b''.join(encoded)
            self._lengths.extend(map(len, encoded))
            path = os.fsencode(folder)
            self._folders += path
            self._folder_lengths.append(len(path))
            self._counts.append(len(names))

        def build(self) -> PathTable:
            """Return the table."""
            return PathTable(
                FlatStrings(self._folders, self._folder_lengths),
                FlatStrings(self._names, self._lengths),
                np.asarray(self._counts, np.int64),
            )

    def __init__(
        self, folders: FlatStrings, names: FlatStrings, counts: np.ndarray
    ) -> None:
        self.folders = folders
        self._names = names
        self.folder_ids = np.repeat(
            np.arange(len(folders), dtype=np.int32), counts
        )

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, i: int) -> str:
        """Return the path of file ``i`` below the root, 0 <= i < len(self)."""
        folder = self.folders[int(self.folder_ids[i])]
        return os.fsdecode(os.path.join(folder, self._names[i]))

    def fingerprint(self) -> int:
        """Return a number that changes with any name."""
        crc = zlib.crc32(self.folders.buffer.tobytes())
        crc = zlib.crc32(self._names.buffer.tobytes(), crc)
        return zlib.crc32(self.folder_ids.tobytes(), crc)

    def __deepcopy__(self, memo: dict[int, Any]) -> PathTable:
        return self  # nothing ever changes it
