"""One extraction at a time in an output folder."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from types import ModuleType
from typing import IO

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: no lock
    fcntl = None


class OutputLock:
    """Holds the output folder, which it makes, for this process.

    The operating system frees the lock when the process and its workers are
    gone, however they ended. Workers of a killed run need a moment to
    notice, hence the patience.

    Args:
        out: Output folder.
        patience: Seconds to wait for another run to end.
        folders: Folders in it that are made; the last one holds the lock.
        what: Is at work, for the error.

    Raises:
        OSError: The folder cannot be made or written, or another extraction
            is at work in it.
    """

    def __init__(
        self,
        out: str,
        patience: float = 20.0,
        folders: Sequence[str] = ('pairs', 'done'),
        what: str = 'extraction',
    ) -> None:
        self._out = out
        self._patience = patience
        self._folders = folders
        self._what = what
        self._file: IO[str] | None = None

    def __enter__(self) -> OutputLock:
        try:
            for folder in self._folders:
                os.makedirs(os.path.join(self._out, folder), exist_ok=True)
            path = os.path.join(self._out, self._folders[-1], '.lock')
            self._file = open(path, 'w', encoding='utf-8')
        except OSError as error:
            raise OSError(
                f'cannot write to the output folder {self._out}: {error}'
            ) from error
        end = time.monotonic() + self._patience
        while not self._try():
            if time.monotonic() > end:
                self._file.close()
                raise OSError(
                    f'another {self._what} is writing to {self._out}; wait '
                    'until it has ended, or choose another folder'
                )
            time.sleep(0.1)
        return self

    def __exit__(self, *error: object) -> None:
        if self._file is not None:
            self._file.close()

    def _try(self) -> bool:
        if fcntl is None or self._file is None:
            return True
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system without locks
            return True
        return True
