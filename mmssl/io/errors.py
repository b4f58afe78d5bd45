"""What a file that cannot be used raises: it always names the file.

Only these errors mean bad data. Everything else that a reader or a transform
raises is a mistake in code or config, and stops a run.
"""

from __future__ import annotations

import os
import re
from typing import Union

PathLike = Union[str, 'os.PathLike[str]']


class DataFileError(ValueError):
    """A file of a dataset is missing, damaged or not what it should be.

    Args:
        path: The file.
        reason: What is wrong with it, in a few words.
        source: What named the file: ``'LIST, line N'``.
        hint: A sentence on what to do.

    Example:
        >>> print(DataFileError('a.jpg', 'cut short', 'train.txt, line 3'))
        a.jpg: cut short (from train.txt, line 3)
    """

    def __init__(
        self,
        path: PathLike,
        reason: str = '',
        source: str | None = None,
        hint: str = '',
    ) -> None:
        self.path = os.fspath(path)
        self.reason = reason
        self.source = source or ''
        self.hint = hint
        super().__init__(self.path, reason, self.source, hint)

    def __str__(self) -> str:
        # A worker's error arrives as one text: see DataLoader.
        text = f'{self.path}: {self.reason}' if self.reason else self.path
        text += f' (from {self.source})' if self.source else ''
        return f'{text}. {self.hint}' if self.hint else text

    def named_by(self, source: str | None) -> DataFileError:
        """Return the same error, with what named the file."""
        return type(self)(self.path, self.reason, source, self.hint)


class MissingFileError(DataFileError, FileNotFoundError):
    """There is no such file."""


class VideoError(DataFileError):
    """A video cannot be opened or a frame cannot be read."""


class BadDataError(RuntimeError):
    """Too much of the data is bad to go on; lists it."""


def plain_text(error: BaseException) -> str:
    r"""Return an error in words, also one that a loader's worker passed on.

    A DataLoader puts the whole traceback of its worker into the message; what
    comes behind it is what its user wants to read.

    Args:
        error: Any error.

    Returns:
        Text without traceback.

    Example:
        >>> print(plain_text(ValueError('a: bad')))
        a: bad
        >>> passed = 'Original Traceback ...\n  File "a", line 1\nm.E: bad\n b'
        >>> print(plain_text(ValueError(passed)))
        bad
         b
    """
    text = str(error).rstrip()
    if 'Original Traceback' not in text:
        return text
    behind = text.rsplit('\n  File "', 1)[-1]
    found = re.search(r'^[\w.]+: (.*)', behind, re.MULTILINE | re.DOTALL)
    return found.group(1) if found else text
