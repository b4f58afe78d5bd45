"""Labels of images, from their folders or from lists."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence

import numpy as np

from mmssl.io.errors import DataFileError
from mmssl.io.image_search import ImageSearch

_NAMED = 5


def folder_labels(
    search: ImageSearch, root: str, classes: Sequence[str] | None = None
) -> tuple[tuple[str, ...], np.ndarray]:
    """Number the images by the folder of the root that they lie in.

    Args:
        search: The images.
        root: Where they lie, for messages.
        classes: Names of the folders in the order of their labels; None: all
            folders of the root, sorted.

    Returns:
        Names of the classes, and (n,) int64 labels.

    Raises:
        ValueError: Images lie in no folder, or in one that is no class.

    Example:
        >>> import tempfile, pathlib
        >>> from mmssl.io.image_search import find_images
        >>> with tempfile.TemporaryDirectory() as root:
        ...     for name in ('dog/1.jpg', 'cat/1.jpg', 'cat/more/2.jpg'):
        ...         path = pathlib.Path(root, name)
        ...         path.parent.mkdir(parents=True, exist_ok=True)
        ...         path.touch()
        ...     names, labels = folder_labels(find_images(root), root)
        >>> names, labels.tolist()
        (('cat', 'dog'), [0, 0, 1])
    """
    names = search.top_folders if classes is None else tuple(classes)
    number = {name: i for i, name in enumerate(names)}
    table = search.table
    tops = [
        os.fsdecode(table.folders[i]).split(os.sep)[0]
        for i in range(len(table.folders))
    ]
    if '' in tops:
        loose = np.flatnonzero(table.folder_ids == tops.index(''))
        raise ValueError(
            f"labels='folders', but {len(loose)} images of {root} lie in no "
            f'sub-folder, the first is {table[int(loose[0])]}: move them into '
            'the folders of their classes, or use labels=None'
        )
    unknown = sorted(set(tops) - set(number))
    if unknown:
        raise ValueError(
            f'{root} has {len(unknown)} folders of images that are not among '
            f'the {len(names)} classes: {_shortened(unknown)}; classes are '
            f'{_shortened(names)}'
        )
    by_folder = np.array([number[top] for top in tops], np.int64)
    return names, by_folder[table.folder_ids]


def list_labels(
    paths: Sequence[str], classes: Sequence[str] | None = None
) -> tuple[tuple[str, ...], np.ndarray]:
    """Read the last field of every line as a label.

    Args:
        paths: List files whose lines are known to have a path and a label.
        classes: Names of the classes; None: '0', '1', ... to the largest
            label.

    Returns:
        Names of the classes, and (n,) int64 labels.

    Raises:
        DataFileError: A label is no whole number, negative, or not below the
            number of classes; names file and line.
    """
    labels = [_labels_of(path, classes) for path in paths]
    joined = np.concatenate([np.zeros(0, np.int64), *labels])
    if classes is None:
        size = int(joined.max()) + 1 if len(joined) else 0
        classes = [str(i) for i in range(size)]
    return tuple(classes), joined


def read_classes(classes: Sequence[str] | str, root: str) -> tuple[str, ...]:
    """Return names of classes, or those of a file, one per line.

    Args:
        classes: Names, or the path of a file below ``root``.
        root: Folder.

    Raises:
        ValueError: A name stands twice, or there is none.
        FileNotFoundError: No such file.
    """
    origin = ''
    if isinstance(classes, str):
        origin = os.path.join(root, classes)
        with open(origin, encoding='utf-8-sig') as file:
            classes = [line.strip() for line in file if line.strip()]
    names = tuple(str(name) for name in classes)
    twice = sorted(name for name, n in Counter(names).items() if n > 1)
    if twice or not names:
        what = f'{_shortened(twice)} twice' if twice else 'no name at all'
        raise ValueError(f'classes{origin and f" of {origin}"} hold {what}')
    return names


def _labels_of(path: str, classes: Sequence[str] | None) -> np.ndarray:
    """Read and check the labels of one list."""
    found: list[int] = []
    limit = len(classes) if classes is not None else 1 << 31
    with open(path, 'rb') as file:
        for line, text in enumerate(file, 1):
            fields = text.rsplit(None, 1)
            if not fields or not text.strip(b'\xef\xbb\xbf \t\r\n'):
                continue
            label = int(fields[-1]) if fields[-1].isdigit() else -1
            if not 0 <= label < limit:
                raise DataFileError(
                    path, _bad_label(line, fields[-1], classes)
                )
            found.append(label)
    return np.array(found, np.int64)


def _bad_label(line: int, field: bytes, classes: Sequence[str] | None) -> str:
    allowed = 'from 0 on'
    if classes is not None:
        allowed = f'from 0 to {len(classes) - 1} ({len(classes)} classes)'
    shown = field[:80].decode('utf-8', 'replace')
    return (
        f'line {line}: a label must be a whole number {allowed}, got {shown!r}'
    )


def _shortened(names: Sequence[str]) -> str:
    told = ', '.join(names[:_NAMED])
    return f'{told}, ...' if len(names) > _NAMED else told
