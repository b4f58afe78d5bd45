"""Files that are there whole or not at all.

The new content goes into a temporary file of the same folder, is pushed to
the disk, checked, and only then takes the place of what was there. A full
disk, a kill or a power cut at any moment leaves the old file or the new one.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import IO, Any

import torch

from mmssl.checkpoints.pickle_globals import CheckpointError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: age alone says what was left behind
    fcntl = None

_ENDING = '.mmssl-tmp'
_OLD = 3600.0  # s without a write, where files cannot be locked
# Folders that cannot be pushed to the disk: some network and FUSE systems.
_NO_FOLDER_SYNC = (errno.EINVAL, errno.EBADF, errno.ENOTSUP, errno.EACCES)


class CheckpointWriteError(CheckpointError, OSError):
    """A file that could not be written; what was there before still is."""


def write_checkpoint(checkpoint: Any, path: str | Path) -> None:
    """Write a checkpoint with ``torch.save``, whole or not at all.

    Args:
        checkpoint: What ``torch.save`` takes.
        path: Where it goes; an older file there is replaced at the end.

    Raises:
        CheckpointWriteError: It could not be written (also an OSError): the
            file, the reason and the free space are named, nothing is left
            behind and an older file is untouched.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_checkpoint({'a': 1}, Path(folder) / 'a.pth')
        ...     sorted(os.listdir(folder))
        ['a.pth']
    """
    with replaced_atomically(path) as stream:
        torch.save(checkpoint, stream)
        stream.flush()
        _check_archive(Path(stream.name))


def write_text_atomically(text: str, path: str | Path) -> None:
    """Write UTF-8 text, whole or not at all.

    Args:
        text: Content of the file.
        path: Where it goes; an older file there is replaced at the end.

    Raises:
        CheckpointWriteError: As in :func:`write_checkpoint`.
    """
    with replaced_atomically(path) as stream:
        stream.write(text.encode())


@contextmanager
def replaced_atomically(path: str | Path) -> Iterator[IO[bytes]]:
    """Give a stream whose content takes the place of a file at the end.

    Args:
        path: Where the content goes once the block is left without an error.

    Yields:
        A binary stream, writable; its ``name`` is the temporary file.

    Raises:
        CheckpointWriteError: As in :func:`write_checkpoint`. Errors of the
            block that have nothing to do with writing pass unchanged.
    """
    target = Path(path).expanduser()
    temporary = target.with_name(
        f'.{target.name}.{socket.gethostname()}-{os.getpid()}{_ENDING}'
    )
    try:
        with temporary.open('wb') as file:
            _lock(file)
            stream = _Remembers(file)
            try:
                yield stream  # type: ignore[misc]
                file.flush()
                os.fsync(file.fileno())
            except Exception as error:
                # torch.save hides what the disk said behind its own error
                raise (stream.error or error) from None
        os.replace(temporary, target)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise _write_error(target, error) from error
        raise
    _sync_folder(target.parent)


def remove_leftovers(folder: str | Path) -> list[Path]:
    """Remove temporary files of runs that were killed while they wrote.

    A file that a living process is writing is locked, and stays.

    Args:
        folder: Where checkpoints are.

    Returns:
        The files that were removed.
    """
    removed = []
    for file in sorted(Path(folder).glob(f'.*{_ENDING}')):
        with suppress(OSError):
            if _is_abandoned(file):
                file.unlink()
                removed.append(file)
    return removed


class _Remembers:
    """A binary stream that keeps the first error of its file.

    Args:
        file: Open for writing.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.name = file.name
        self.error: OSError | None = None

    def write(self, data: Any) -> int:
        """Write bytes, or keep and raise the reason."""
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = self.error or error
            raise

    def flush(self) -> None:
        """Empty the buffer into the file, or keep and raise the reason."""
        try:
            self._file.flush()
        except OSError as error:
            self.error = self.error or error
            raise

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def _check_archive(file: Path) -> None:
    """Read the table of contents back; a size that differs shows there."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile as error:
        raise OSError(errno.EIO, f'read back as {error}') from error
    if not any(name.endswith('/data.pkl') for name in names):
        raise OSError(errno.EIO, 'read back without its contents')


def _write_error(target: Path, error: OSError) -> CheckpointWriteError:
    """Return the error of a file, with the reason and the free space."""
    free = 'unknown'
    with suppress(OSError):
        free = f'{shutil.disk_usage(target.parent).free / 1e6:,.0f} MB'
    wrapped = CheckpointWriteError(
        f'{target} could not be written: {error.strerror or error}; free '
        f'space there: {free}'
    )
    wrapped.errno = error.errno
    return wrapped


def _lock(file: IO[bytes]) -> None:
    """Lock a file while it is written, where that can be done."""
    if fcntl is not None:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_abandoned(file: Path) -> bool:
    """Return whether nobody writes a temporary file any more."""
    if fcntl is not None:
        with file.open('rb') as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                return False
            except OSError:  # a file system without locks
                pass
    return time.time() - file.stat().st_mtime > _OLD


def _sync_folder(folder: Path) -> None:
    """Push a folder's new entry to the disk, where that can be done."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)
