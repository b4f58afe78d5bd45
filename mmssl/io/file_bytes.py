"""Whole files as bytes; what can go wrong becomes an error with a name."""

from __future__ import annotations

import errno
import os
import stat
import time
from typing import Callable, NamedTuple

from mmssl.io.errors import DataFileError, MissingFileError, PathLike

MAX_FILE_BYTES = 1 << 30

# A disk or a network that may answer a moment later.
_TRANSIENT = frozenset(
    getattr(errno, name)
    for name in (
        *('EAGAIN', 'EBUSY', 'ECONNRESET', 'EHOSTDOWN', 'EINTR', 'EIO'),
        *('EMFILE', 'ENETUNREACH', 'ENFILE', 'ENOLCK', 'EREMOTEIO'),
        *('ESTALE', 'ETIMEDOUT'),
    )
    if hasattr(errno, name)
)
_MISSING = (errno.ENOENT, errno.ENOTDIR)


class Retry(NamedTuple):
    """How often a failing disk or network is asked again.

    Attributes:
        times: Attempts after the first.
        wait_s: Seconds before the second attempt; doubled for each more.
    """

    times: int = 3
    wait_s: float = 0.1


def read_bytes(
    path: PathLike,
    retry: Retry = Retry(),  # noqa: B008 (immutable)
    sleep: Callable[[float], None] = time.sleep,
) -> bytes:
    """Read a whole regular file.

    Errors of disk or network (EIO, stale NFS handles, time-outs) are tried
    again; what will not change (missing, forbidden, a folder) is not.

    Args:
        path: File to read.
        retry: How often, and how long to wait.
        sleep: Waits.

    Returns:
        Its content.

    Raises:
        MissingFileError: No such file.
        DataFileError: Forbidden, no regular file, larger than 1 GiB, or
            the disk fails.
    """
    attempt = 0
    while True:
        try:
            return _read(path)
        except DataFileError:
            raise
        except OSError as error:
            if error.errno in _MISSING:
                raise MissingFileError(path, 'no such file') from error
            if error.errno not in _TRANSIENT or attempt >= retry.times:
                tried = f', tried {attempt + 1} times' if attempt else ''
                raise DataFileError(
                    path, f'cannot be read ({error.strerror}{tried})'
                ) from error
        except ValueError as error:  # a null byte, or no text at all
            raise DataFileError(path, f'no file name: {error}') from error
        sleep(retry.wait_s * 2**attempt)
        attempt += 1


def _read(path: PathLike) -> bytes:
    """Read once; a pipe or a device does not block."""
    flags = os.O_RDONLY | getattr(os, 'O_NONBLOCK', 0)
    flags |= getattr(os, 'O_BINARY', 0) | getattr(os, 'O_CLOEXEC', 0)
    handle = os.open(path, flags)
    try:
        info = os.fstat(handle)
        if not stat.S_ISREG(info.st_mode):
            what = 'a folder' if stat.S_ISDIR(info.st_mode) else 'a device'
            raise DataFileError(path, f'{what}, not a file')
        if info.st_size > MAX_FILE_BYTES:
            raise DataFileError(
                path,
                f'{info.st_size} bytes, more than {MAX_FILE_BYTES} are not '
                'read',
            )
        return _read_all(handle, info.st_size)
    finally:
        os.close(handle)


def _read_all(handle: int, size: int) -> bytes:
    """Read to the end; one system call for a file of the stated size."""
    data = os.read(handle, size + 1)
    if len(data) == size:
        return data
    parts = [data]
    while data:
        data = os.read(handle, 1 << 20)
        parts.append(data)
    return b''.join(parts)
