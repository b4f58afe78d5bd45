"""Find all images below a folder, and say what else is there."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from mmssl.io.errors import PathLike
from mmssl.io.frame_folder import IMAGE_SUFFIXES
from mmssl.io.path_table import PathTable

_EXAMPLES = 3
_INTERVAL_S = 10.0

Progress = Callable[[int, int], None]


class LeftOut:
    """Files and folders that are no images: counts by kind, and examples."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}

    def add(self, kind: str, path: str) -> None:
        """Count one; the first few are remembered by name."""
        self.counts[kind] += 1
        if self.counts[kind] <= _EXAMPLES:
            self.examples.setdefault(kind, []).append(path)

    def lines(self) -> list[str]:
        """Return a line for each kind, the most frequent first.

        Example:
            >>> left_out = LeftOut()
            >>> left_out.add('hidden', '.DS_Store')
            >>> left_out.lines()
            ['1 hidden: .DS_Store']
        """
        return [
            f'{n} {kind}: {", ".join(self.examples[kind])}'
            + (', ...' if n > _EXAMPLES else '')
            for kind, n in self.counts.most_common()
        ]


class ImageSearch(NamedTuple):
    """What a search has found.

    Attributes:
        table: Paths of the images below the root.
        top_folders: Names of the folders directly in the root, sorted; also
            those without images.
        left_out: What was passed over.
    """

    table: PathTable
    top_folders: tuple[str, ...]
    left_out: LeftOut


def find_images(
    root: PathLike,
    progress: Progress | None = None,
    interval_s: float = _INTERVAL_S,
) -> ImageSearch:
    """Find all images below a folder by their suffix, whatever its case.

    In the order of their names, a folder's own images before those of its
    sub-folders. Links are followed, each folder once. Left out, counted and
    named by examples: hidden files and folders, other suffixes, broken links,
    folders that cannot be listed or were searched already.

    1.3 million files of a local disk take some 3 seconds: the types of the
    files come with their names, no file is touched.

    Args:
        root: Folder.
        progress: Called with the folders and the images found so far.
        interval_s: Seconds between two calls.

    Returns:
        Images, folders, and what was left out.

    Raises:
        FileNotFoundError: No such folder.
    """
    root = os.fspath(root)
    if not os.path.isdir(root):
        raise FileNotFoundError(f'no such folder of images: {root}')
    search = _Search(root)
    shown, folders = time.monotonic(), 0
    waiting = ['']
    while waiting:
        below = search.enter(waiting.pop())
        waiting += reversed(below)
        folders += 1
        if progress and time.monotonic() - shown >= interval_s:
            shown = time.monotonic()
            progress(folders, len(search.builder))
    return ImageSearch(
        search.builder.build(), tuple(search.top_folders), search.left_out
    )


class _Search:
    """The state of one search."""

    def __init__(self, root: str) -> None:
        self.builder = PathTable.Builder()
        self.left_out = LeftOut()
        self.top_folders: list[str] = []
        self._root = root
        self._seen: set[tuple[int, int]] = set()

    def enter(self, folder: str) -> list[str]:
        """Add the images of a folder; return its sub-folders, sorted."""
        path = os.path.join(self._root, folder)
        try:
            info = os.stat(path)
            identity = info.st_dev, info.st_ino
            if identity in self._seen:
                self.left_out.add('folders linked twice', folder)
                return []
            self._seen.add(identity)
            with os.scandir(path) as entries:
                images, folders = self._sort(folder, entries)
        except OSError as error:
            self.left_out.add(
                f'folders that cannot be listed ({error.strerror})', folder
            )
            return []
        if images:
            self.builder.add_folder(folder, sorted(images))
        folders.sort()
        if not folder:
            self.top_folders = folders
        return [os.path.join(folder, name) for name in folders]

    def _sort(
        self, folder: str, entries: Iterable[os.DirEntry[str]]
    ) -> tuple[list[str], list[str]]:
        """Tell images, folders and the rest apart."""
        images: list[str] = []
        folders: list[str] = []
        for entry in entries:
            name = entry.name
            suffix = os.path.splitext(name)[1].lower()
            if name[0] == '.':
                self.left_out.add('hidden', os.path.join(folder, name))
            elif suffix in IMAGE_SUFFIXES and entry.is_file():
                images.append(name)
            elif entry.is_dir():
                folders.append(name)
            else:
                kind = f'{suffix or "without a suffix"}, no image'
                if not entry.is_file():
                    kind = 'broken links or devices'
                self.left_out.add(kind, os.path.join(folder, name))
        return images, folders
