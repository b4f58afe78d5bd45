"""Where the images of a dataset come from: a folder, or list files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NamedTuple, Union

import numpy as np

from mmssl.datasets.image_labels import folder_labels, list_labels
from mmssl.datasets.line_index import LineIndex
from mmssl.io.errors import DataFileError, MissingFileError
from mmssl.io.image_search import Progress, find_images


class ImageEntry(NamedTuple):
    """What is known of one image.

    Attributes:
        name: Path below the folder of the images.
        source: 'LIST, line N'; '' where a search has found it.
    """

    name: str
    source: str = ''


class SearchedImages:
    """All images below a folder.

    Args:
        root: The folder.
        labels: 'folders' for the sub-folder that an image lies in; None.
        classes: Names of the classes in the order of their labels, or None.
        progress: As of :func:`mmssl.io.image_search.find_images`.

    Attributes:
        classes: Names, or None without labels.
        labels: (n,) int64, or None.
        left_out: What else the folder holds, in words.

    Raises:
        FileNotFoundError: No such folder, or no image in it.
        ValueError: Images lie in no folder of a class.
    """

    label = 'images'

    def __init__(
        self,
        root: str,
        labels: str | None = None,
        classes: Sequence[str] | None = None,
        progress: Progress | None = None,
    ) -> None:
        search = find_images(root, progress)
        self._table = search.table
        self.left_out = search.left_out.lines()
        self.classes: tuple[str, ...] | None = None
        self.labels: np.ndarray | None = None
        if not len(self._table):
            rest = '; '.join(self.left_out) or 'it is empty'
            raise FileNotFoundError(f'no images below {root}: {rest}')
        if labels is not None:
            self.classes, self.labels = folder_labels(search, root, classes)

    def __len__(self) -> int:
        return len(self._table)

    def __getitem__(self, i: int) -> ImageEntry:
        return ImageEntry(self._table[i])

    def fields(self, i: int) -> tuple[str, ...]:
        """Return what a list would say of an image: path, label."""
        if self.labels is None:
            return (self._table[i],)
        return self._table[i], str(self.labels[i])

    def fingerprint(self) -> int:
        """Return a number that changes with any name."""
        return self._table.fingerprint()

    def __deepcopy__(self, memo: dict[int, Any]) -> SearchedImages:
        return self  # nothing ever changes it


class ListedImages:
    """The images that list files name, one per line: ``path [label]``.

    The lines stay in their files, see
    :class:`~mmssl.datasets.line_index.LineIndex`.

    Args:
        paths: List files.
        labels: 'list' for the second field of each line; None.
        classes: Names of the classes in the order of their labels, or None.

    Attributes:
        classes: Names, or None without labels.
        labels: (n,) int64, or None.
        left_out: Empty.

    Raises:
        FileNotFoundError: A list is missing.
        ValueError: A line has another number of fields, or a label that is
            out of range; names file and line.
    """

    label = 'lines'

    def __init__(
        self,
        paths: Sequence[str],
        labels: str | None = None,
        classes: Sequence[str] | None = None,
    ) -> None:
        self.left_out: list[str] = []
        self.classes: tuple[str, ...] | None = None
        self.labels: np.ndarray | None = None
        if labels is None:
            fields = _fields_of(paths)
            layout = 'path, or path label, the same in all lines'
        else:
            fields, layout = 2, f'labels={labels!r}: path label'
        self._lines = LineIndex(paths, fields, layout)
        if labels is not None:
            self.classes, self.labels = list_labels(paths, classes)

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, i: int) -> ImageEntry:
        entry = self._lines[i]
        return ImageEntry(entry.fields[0], f'{entry.path}, line {entry.line}')

    def fields(self, i: int) -> tuple[str, ...]:
        """Return the fields of an image's line."""
        return self._lines[i].fields

    def fingerprint(self) -> int:
        """Return 0: size and time of the lists tell what is new."""
        return 0


ImageSource = Union[SearchedImages, ListedImages]


def _fields_of(paths: Sequence[str]) -> int:
    """Return the number of fields of the first line, 1 or 2."""
    for path in paths:
        if not os.path.isfile(path):
            raise MissingFileError(path, 'no such list file')
        if path.lower().endswith('.json'):
            raise DataFileError(
                path,
                'no list of images',
                hint='Without boxes a COCO folder needs no annotations: '
                "data_prefix='train2017' and no ann_file",
            )
        if path.lower().endswith(('.pkl', '.pickle')):
            raise DataFileError(
                path,
                'a pickle is no text list',
                hint=f'Make one of it: mmssl names {path} names.txt',
            )
        with open(path, 'rb') as file:
            for line in file:
                fields = line.strip(b'\xef\xbb\xbf \t\r\n').split()
                if fields:
                    return min(len(fields), 2)
    return 1
