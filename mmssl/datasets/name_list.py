"""Pickled lists of image names, turned into the text lists of ImageFolder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Union

import numpy as np

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.checkpoints.restricted_pickle import RestrictedUnpickler
from mmssl.io.errors import DataFileError, MissingFileError
from mmssl.utils.whole_file import written_whole

Names = Union[list[Any], tuple[Any, ...], np.ndarray]
_CHUNK = 1 << 14  # names at a time


def read_name_pickle(path: str | Path) -> Names:
    """Read a pickled list of names, without running what the file says.

    Args:
        path: A pickle of a list, tuple or numpy array of texts, or of rows
            whose first element is one (names with scores).

    Returns:
        What the file holds; names are checked when they are written.

    Raises:
        FileNotFoundError: No such file.
        ValueError: It is damaged, asks for something that lists of names do
            not need (nothing of it was run), or holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(path, 'no such list file')
    try:
        with path.open('rb') as file:
            names = RestrictedUnpickler(file).load()
    except CheckpointError as error:
        raise DataFileError(
            path,
            f'refused, it asks for {error}, which a list of names does not '
            'need; nothing of it was run',
        ) from None
    except Exception as error:
        raise DataFileError(
            path, f'no pickle, or damaged: {type(error).__name__}: {error}'
        ) from error
    if not isinstance(names, (list, tuple, np.ndarray)):
        kind = type(names).__name__
        raise DataFileError(path, f'a list of names is needed, got a {kind}')
    return names


def write_name_list(
    src: str | Path, dst: str | Path, first: int | None = None
) -> int:
    """Write a pickled list of names as a text list, a name per line.

    Args:
        src: Pickle, see :func:`read_name_pickle`.
        dst: Text list to write, for ``ann_file`` of
            :class:`~mmssl.datasets.ImageFolder`.
        first: Only so many names from the head; None: all.

    Returns:
        How many were written.

    Raises:
        FileNotFoundError: There is no such pickle.
        ValueError: Bad pickle; a name that is no text, is empty, holds white
            space or is an absolute path (its place is named); ``first``
            below 1.
    """
    if first is not None and first < 1:
        raise ValueError(f'first must be a number of names >= 1, got {first}')
    names = read_name_pickle(src)[:first]
    if not len(names):
        raise DataFileError(src, 'the list is empty')
    with written_whole(dst) as partial, partial.open('wb') as file:
        for begin in range(0, len(names), _CHUNK):
            chunk = names[begin : begin + _CHUNK]
            lines = [*_checked(chunk, begin, src), b'']
            file.write(b'\n'.join(lines))
    return len(names)


def _checked(names: Names, begin: int, src: str | Path) -> Iterator[bytes]:
    """Yield names as bytes, or raise with the place of a bad one."""
    for place, name in enumerate(names, begin):
        text = name
        if isinstance(name, (list, tuple, np.ndarray)) and len(name):
            text = name[0]
        if not isinstance(text, (str, bytes)):
            raise DataFileError(src, f'name {place} is no text: {name!r:.80}')
        line = os.fsencode(text)
        if line.split() != [line]:
            raise DataFileError(
                src,
                f'name {place} is empty or holds white space: {text!r:.80}',
                hint='Rename the file: white space ends a name in a list',
            )
        if line.startswith(b'/'):
            raise DataFileError(
                src,
                f'name {place} is an absolute path: {text!r:.80}',
                hint='Names start below the folder of the images, '
                'data_prefix: cut its path off them',
            )
        yield line
