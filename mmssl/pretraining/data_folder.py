"""What a folder holds that a network could learn from."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from mmssl.datasets.flow_pairs import LIST_LAYOUTS
from mmssl.engine.run_config import LaunchError
from mmssl.flow.checks import cut_score, frame_signature
from mmssl.io.images import read_rgb
from mmssl.io.video_sources import VideoSource, find_sources
from mmssl.io.videos import list_frames

KINDS = ('images', 'pairs', 'videos')
# So many neighbours are compared to tell frames of a video from photos.
_LOOKED_AT = 5
# As in the extraction of flow: above, two images are two scenes.
_SCENE_CUT = 0.4


class PretrainError(LaunchError):
    """A pretraining that cannot start, with the reason for its user."""


@dataclass(frozen=True)
class DataFolder:
    """What a folder holds.

    Attributes:
        kind: ``'pairs'``: lists of pairs with flow; ``'videos'``: videos or
            folders of frames; ``'images'``: single images.
        root: The folder, absolute; of a single video that of the video.
        items: Videos below the root; lists; or folders of images.
        num_train: Training samples: pairs of lists, or images; 0 where they
            are not counted.
        num_val: Validation pairs of lists; else 0.
        flow_type: Of lists: 'flo' or 'jpg'; else ''.
        notes: What was left out, a sentence each.
        video: Name of the video, where a single one was asked for.
        examples: Some of the images, from all over the folder.
    """

    kind: str
    root: Path
    items: tuple[str, ...] = ()
    num_train: int = 0
    num_val: int = 0
    flow_type: str = ''
    notes: tuple[str, ...] = ()
    video: str = ''
    examples: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """What :attr:`num_train` counts."""
        return 'images' if self.kind == 'images' else 'pairs'

    @property
    def source(self) -> Path:
        """The folder, or the one video that was asked for."""
        return self.root / self.video


def inspect_folder(path: str | Path) -> DataFolder:
    """Look what a folder holds.

    A folder of images counts as frames of a video if most neighbours, in the
    order of their names, are of one size and look alike.

    Args:
        path: Folder, or one video.

    Returns:
        What it holds.

    Raises:
        PretrainError: Missing, or nothing in it that is known.
    """
    root = Path(path).absolute()
    if not root.exists():
        raise PretrainError(f'there is no folder or video {str(path)!r}')
    if root.is_dir() and (root / 'train.txt').is_file():
        return _lists(root)
    try:
        sources, ignored = find_sources(root)
    except FileNotFoundError as error:
        raise PretrainError(f'{error}{_suffixes(root)}') from None
    if root.is_file():
        return DataFolder('videos', root.parent, (root.name,), video=root.name)
    photos = {s.relative for s in sources if _holds_photos(s)}
    videos = tuple(s.relative for s in sources if s.relative not in photos)
    if not videos:
        return DataFolder('images', root, tuple(sorted(photos)))
    notes = [f'images beside videos are ignored: {n}' for n in ignored]
    notes += [
        f'single images, no frames of a video: {n}' for n in sorted(photos)
    ]
    return DataFolder('videos', root, videos, notes=tuple(notes))


def looks_like_frames(files: list[Path]) -> bool:
    """Tell frames of a video from single images.

    Args:
        files: Images in the order of their names.

    Returns:
        Whether most of some neighbours are of one size and alike.
    """
    if len(files) < 2:
        return False
    step = max(1, (len(files) - 1) // _LOOKED_AT)
    starts = range(0, len(files) - 1, step)[:_LOOKED_AT]
    alike = sum(_are_alike(files[i], files[i + 1]) for i in starts)
    return 2 * alike > len(starts)


def _are_alike(first: Path, second: Path) -> bool:
    try:
        one, two = read_rgb(first), read_rgb(second)
    except ValueError:
        return False
    if one.shape != two.shape:
        return False
    return cut_score(frame_signature(one), frame_signature(two)) <= _SCENE_CUT


def _holds_photos(source: VideoSource) -> bool:
    """Whether a source is a folder of images that are no video."""
    folder = Path(source.path)
    return folder.is_dir() and not looks_like_frames(list_frames(folder))


def _lists(root: Path) -> DataFolder:
    """Count the pairs of lists, and find out their format."""
    counts, columns = [], 0
    for name in ('train.txt', 'val.txt'):
        file = root / name
        lines = file.read_text().split('\n') if file.is_file() else []
        lines = [line for line in lines if line.strip()]
        counts.append(len(lines))
        columns = columns or len(lines[0].split()) if lines else columns
    types = {len(fields): name for name, fields in LIST_LAYOUTS.items()}
    if not counts[0] or columns not in types:
        raise PretrainError(
            f'{root / "train.txt"} holds no pairs with flow: '
            f'{counts[0]} lines of {columns} columns; lines are '
            + ' or '.join(repr(' '.join(f)) for f in LIST_LAYOUTS.values())
        )
    items = ('train.txt', 'val.txt') if counts[1] else ('train.txt',)
    return DataFolder(
        'pairs', root, items, counts[0], counts[1], types[columns]
    )


def _suffixes(root: Path) -> str:
    """Return what files there are instead, for a message."""
    if not root.is_dir():
        return ''
    found = Counter(
        file.suffix.lower() or 'no suffix'
        for file in root.rglob('*')
        if file.is_file()
    )
    if not found:
        return '; it is empty'
    most = ', '.join(f'{n} {name}' for name, n in found.most_common(4))
    return f'; its files: {most}'
