"""Videos and frame folders below a folder, with stable names for each."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mmssl.io.videos import VIDEO_SUFFIXES, PathLike, list_frames, natural_key


@dataclass(frozen=True)
class VideoSource:
    """One video file or frame folder.

    Attributes:
        path: Where it is.
        relative: Path below the root with '/', '.' for the root itself.
        num_bytes: Size of the file, or of all images of the folder.
    """

    path: str
    relative: str
    num_bytes: int

    @property
    def name(self) -> str:
        """Name without whitespace or slashes, unique to the relative path."""
        return output_name(self.relative)


def output_name(relative: str) -> str:
    """Turn a relative path into a folder name that lists can hold.

    Lists are separated by whitespace, so everything but ASCII letters,
    digits, '.', '_' and '-' becomes '_', and the first 8 hex digits of the
    path's SHA-1 keep names apart that would be the same. The name depends on
    this one path only, so more videos do not rename those already done.

    Args:
        relative: Path below the root.

    Returns:
        The name.

    Example:
        >>> output_name('my trip/day 1.mp4')
        'my_trip__day_1-8a9e90f3'
    """
    digest = hashlib.sha1(os.fsencode(relative)).hexdigest()[:8]
    stem, suffix = os.path.splitext(relative)
    if suffix.lower() not in VIDEO_SUFFIXES:
        stem = relative
    clean = re.sub(r'[^A-Za-z0-9._-]', '_', stem.replace('/', '__'))
    return f'{clean.lstrip(".-")[:80] or "root"}-{digest}'


def find_sources(
    root: PathLike, exclude: Sequence[PathLike] = ()
) -> tuple[list[VideoSource], list[str]]:
    """Find all videos and frame folders below a folder.

    A folder with images and without video files is a frame folder. Images
    beside video files (thumbnails) are ignored. Hidden files and folders are
    left out; links are followed, each folder once.

    Args:
        root: Folder to search, or one video file.
        exclude: Folders that are not entered.

    Returns:
        Sources sorted by relative path in natural order, and the relative
        paths of folders whose images were ignored.

    Raises:
        FileNotFoundError: No such folder, or nothing in it.
    """
    if os.path.isfile(root):
        file = Path(root)
        return [VideoSource(str(file), file.name, file.stat().st_size)], []
    if not os.path.isdir(root):
        raise FileNotFoundError(f'no such folder or video: {root}')
    seen = {os.path.realpath(folder) for folder in exclude}
    sources: list[VideoSource] = []
    ignored: list[str] = []
    for folder, folders, files in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(n for n in folders if not n.startswith('.'))
        relative = Path(os.path.relpath(folder, root)).as_posix()
        videos = [
            name
            for name in files
            if os.path.splitext(name)[1].lower() in VIDEO_SUFFIXES
            and not name.startswith('.')
            and os.path.isfile(os.path.join(folder, name))
        ]
        sources += [_file_source(folder, relative, name) for name in videos]
        frames = list_frames(folder)
        if frames and videos:
            ignored.append(relative)
        elif frames:
            size = sum(frame.stat().st_size for frame in frames)
            sources.append(VideoSource(folder, relative, size))
    if not sources:
        raise FileNotFoundError(
            f'{root} holds no videos ({" ".join(sorted(VIDEO_SUFFIXES))}) '
            'and no folders of images'
        )
    sources.sort(key=lambda source: natural_key(source.relative))
    return sources, sorted(ignored)


def _file_source(folder: str, relative: str, name: str) -> VideoSource:
    path = os.path.join(folder, name)
    below = name if relative == '.' else f'{relative}/{name}'
    return VideoSource(path, below, os.path.getsize(path))
