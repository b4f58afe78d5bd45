"""Read the files behind the samples of a dataset; what a check's worker does.

Each kind of dataset has a reader that knows which files an *item* (a line of
a list, a video) consists of.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Union

from mmssl.datasets.flow_pairs import FlowPairDataset
from mmssl.datasets.video_pairs import VideoPairDataset
from mmssl.io.errors import DataFileError
from mmssl.io.flow_files import read_flow
from mmssl.io.images import read_rgb
from mmssl.io.quick_check import (
    full_video_check,
    quick_flow_size,
    quick_image_size,
    quick_video_check,
)
from mmssl.io.video_sources import find_sources

_REMEMBERED = 4096  # files; lists name the same image on nearby lines


class Finding(NamedTuple):
    """A bad file.

    Attributes:
        item: Number of the item that names it.
        path: The file.
        kind: 'flow', 'image', 'size' (image and flow differ) or 'video'.
        reason: In words.
        source: 'LIST, line N'; '' for a video.
    """

    item: int
    path: str
    kind: str
    reason: str
    source: str


class Part(NamedTuple):
    """What is read at once: a file, or the two images of a flow field."""

    kind: str
    paths: tuple[str, ...]


class CheckTask(NamedTuple):
    """Items ``begin <= i < end`` of one dataset.

    Attributes:
        dataset: Its number.
        begin: First item.
        end: Behind the last.
        part: Only this part of the items; None for all.
    """

    dataset: int
    begin: int
    end: int
    part: int | None = None


class ListFiles:
    """Images and flow that the lines of lists name, or images of a folder.

    Args:
        dataset: FlowPairDataset, or another with ``img_path`` in its infos.
        fast: Read headers only.
    """

    label = 'lines'
    chunk = 64

    def __init__(self, dataset: Any, fast: bool) -> None:
        self.dataset = dataset
        self.label = getattr(dataset, 'item_label', self.label)
        self.fast = fast
        self._seen: OrderedDict[tuple[str, ...], Any] = OrderedDict()
        self._with_target = any(
            getattr(step, 'load_target', False)
            for step in dataset.pipeline.transforms
        )

    def __len__(self) -> int:
        return len(self.dataset)

    def parts(self, item: int) -> list[Part]:
        """Return what an item consists of."""
        info = self.dataset.get_data_info(item)
        parts = [Part('image', (info['img_path'],))]
        if self._with_target:
            parts.append(Part('image', (info['target_img_path'],)))
        if info.get('flow_path'):
            parts.append(Part('flow', tuple(info['flow_path'])))
        return parts

    def source(self, item: int) -> str:
        """Return what names the files of an item."""
        return str(self.dataset.get_data_info(item).get('source', ''))

    def check(self, item: int, only: int | None = None) -> list[Finding]:
        """Read the files of an item; return the bad ones."""
        source = self.source(item)
        findings, sizes = [], {}
        for number, part in enumerate(self.parts(item)):
            if only not in (None, number):
                continue
            found = self._size(part)
            if isinstance(found, DataFileError):
                findings.append(
                    Finding(item, found.path, part.kind, found.reason, source)
                )
            else:
                sizes[part.paths] = found
        if len(set(sizes.values())) > 1:
            told = '; '.join(
                f'{" + ".join(paths)} is {height} x {width}'
                for paths, (height, width) in sizes.items()
            )
            reason = f'sizes differ (height x width): {told}'
            path = list(sizes)[-1][0]
            findings.append(Finding(item, path, 'size', reason, source))
        return findings

    def _size(self, part: Part) -> tuple[int, int] | DataFileError:
        """Read a part, unless that was done lately."""
        if part.paths in self._seen:
            self._seen.move_to_end(part.paths)
            return self._seen[part.paths]
        found: tuple[int, int] | DataFileError
        try:
            found = self._read(part)
        except DataFileError as error:
            found = error
        self._seen[part.paths] = found
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return found

    def _read(self, part: Part) -> tuple[int, int]:
        if part.kind == 'flow':
            if self.fast:
                return quick_flow_size(part.paths)
            height, width = read_flow(part.paths).shape[:2]
        elif self.fast:
            return quick_image_size(part.paths[0])
        else:
            height, width = read_rgb(part.paths[0]).shape[:2]
        return height, width


class VideoFiles:
    """Videos and frame folders; every frame is decoded.

    Args:
        dataset: VideoPairDataset, which need not be initialised.
        fast: The first frame, and the number of packets.
    """

    label = 'videos'
    chunk = 1

    def __init__(self, dataset: VideoPairDataset, fast: bool) -> None:
        self._read: Callable[[str], Any] = (
            quick_video_check if fast else full_video_check
        )
        self._paths = [
            source.path
            for path in dataset.ann_file
            for source in find_sources(path)[0]
        ]

    def __len__(self) -> int:
        return len(self._paths)

    def parts(self, item: int) -> list[Part]:
        """Return the video."""
        return [Part('video', (self._paths[item],))]

    def source(self, item: int) -> str:
        """Return '': folders are searched, nothing names it."""
        return ''

    def check(self, item: int, only: int | None = None) -> list[Finding]:
        """Decode a video; say what is wrong with it."""
        try:
            self._read(self._paths[item])
        except DataFileError as error:
            return [Finding(item, error.path, 'video', error.reason, '')]
        return []


Files = Union[ListFiles, VideoFiles]


def files_of(dataset: Any, fast: bool = False) -> list[Files]:
    """Find what reads the files of a dataset, inside wrappers too.

    Args:
        dataset: One of mmssl's, another whose infos have ``img_path``, or a
            wrapper (ConcatDataset, RepeatDataset) of those.
        fast: Do not decode.

    Returns:
        One reader for each dataset inside.

    Raises:
        TypeError: A dataset whose files are not known.
    """
    if hasattr(dataset, 'datasets'):
        return [
            files for one in dataset.datasets for files in files_of(one, fast)
        ]
    if isinstance(dataset, VideoPairDataset):
        return [VideoFiles(dataset, fast)]
    if hasattr(dataset, 'dataset'):
        return files_of(dataset.dataset, fast)
    if isinstance(dataset, FlowPairDataset) or 'img_path' in (
        dataset.get_data_info(0)
    ):
        return [ListFiles(dataset, fast)]
    raise TypeError(
        f'which files {type(dataset).__name__} reads is not known: it is '
        'neither of FlowPairDataset and VideoPairDataset, nor do its samples '
        'have img_path'
    )


class FileCheck:
    """Callable for tasks.

    Args:
        files: By number of the dataset.
    """

    def __init__(self, files: Sequence[Files]) -> None:
        self._files = files

    def __call__(self, task: CheckTask) -> list[Finding]:
        """Read the files of some items; return the bad ones."""
        files = self._files[task.dataset]
        return [
            finding
            for item in range(task.begin, task.end)
            for finding in files.check(item, task.part)
        ]
