"""The lists of pairs, and which videos are for validation."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence

from mmssl.flow.layout import LISTS, list_line
from mmssl.flow.markers import Marker, write_json
from mmssl.io.video_sources import output_name
from mmssl.utils.whole_file import written_whole


def split_videos(
    relatives: Sequence[str], val_share: float, seed: int = 0
) -> set[str]:
    """Choose the videos for validation by a hash of their paths.

    Videos are ordered by a hash of seed and path; the first
    ``round(share * n)`` are for validation, at least one and not all of two
    videos or more. The choice depends on nothing but the set of paths. When
    videos are added, few change sides: those close to the border.

    Args:
        relatives: Paths of the videos below the input folder.
        val_share: Share in [0, 1); 0 chooses none.
        seed: Another seed, another choice.

    Returns:
        The chosen paths.

    Raises:
        ValueError: The share is out of range.

    Example:
        >>> split_videos(['a.mp4', 'b.mp4', 'c.mp4'], val_share=0.1)
        {'b.mp4'}
    """
    if not 0 <= val_share < 1:
        raise ValueError(f'val_share must be in [0, 1), got {val_share}')
    order = sorted(set(relatives), key=lambda path: _hash(path, seed))
    if val_share == 0 or len(order) < 2:
        return set()
    wanted = round(val_share * len(order))
    return set(order[: min(max(wanted, 1), len(order) - 1)])


def match_videos(wanted: Iterable[str], relatives: Sequence[str]) -> set[str]:
    """Find the videos that a list names, with or without suffix.

    Args:
        wanted: Paths below the input folder.
        relatives: Paths of all videos.

    Returns:
        Paths from ``relatives``.

    Raises:
        ValueError: A name fits no video; the names are listed.
    """
    known: dict[str, set[str]] = {}
    for path in relatives:
        for key in (path, os.path.splitext(path)[0]):
            known.setdefault(key, set()).add(path)
    names = [name.strip().rstrip('/') for name in wanted if name.strip()]
    missing = sorted({name for name in names if name not in known})
    if missing:
        raise ValueError(
            f'{len(missing)} names of the validation list fit no video: '
            f'{missing[:5]}; the videos are {sorted(relatives)[:5]} ...'
        )
    return {path for name in names for path in known[name]}


def write_lists(
    out: str, markers: Sequence[Marker], val: set[str], absolute: bool = False
) -> list[str]:
    """Write ``train.txt`` and ``val.txt`` from the markers, in their order.

    A list at that place that this function did not write is renamed, never
    overwritten.

    Args:
        out: Output folder.
        markers: Finished videos.
        val: Paths of those for validation.
        absolute: Write absolute paths instead of paths below ``out``.

    Returns:
        Names that files of others were given.

    Raises:
        ValueError: Absolute paths would hold whitespace.
    """
    root = os.path.abspath(out) if absolute else ''
    if len(root.split()) > 1:
        raise ValueError(
            f'absolute paths below {root!r} hold whitespace, which separates '
            'the columns of a list: use relative paths or another folder'
        )
    record = os.path.join(out, 'done', 'lists.json')
    own = _read_record(record)
    moved = []
    for name in LISTS:
        lines = [
            line
            for marker in markers
            if (marker.relative in val) == (name == 'val.txt')
            for line in _lines(marker, root)
        ]
        text = ''.join(f'{line}\n' for line in lines).encode()
        path = os.path.join(out, name)
        moved += _move_foreign(path, own.get(name))
        own[name] = hashlib.sha256(text).hexdigest()
        write_json(record, own)
        with written_whole(path) as partial:
            partial.write_bytes(text)
    return moved


def _lines(marker: Marker, root: str) -> Iterable[str]:
    folder = f'pairs/{output_name(marker.relative)}'
    prefix = f'{root}/{folder}' if root else folder
    stride, format = marker.settings['stride'], marker.settings['format']
    return (list_line(s, stride, format, prefix) for s in marker.kept)


def _hash(relative: str, seed: int) -> str:
    """Hash of seed and path; the same on every machine."""
    data = f'{seed}:'.encode() + os.fsencode(relative)
    return hashlib.sha256(data).hexdigest()


def _read_record(path: str) -> dict[str, str]:
    """Digests of the lists that were written before."""
    try:
        with open(path, encoding='utf-8') as file:
            return dict(json.load(file))
    except (FileNotFoundError, ValueError):
        return {}


def _move_foreign(path: str, own_digest: str | None) -> list[str]:
    """Rename a file whose content is not what was written last."""
    try:
        with open(path, 'rb') as file:
            digest = hashlib.sha256(file.read()).hexdigest()
    except FileNotFoundError:
        return []
    if digest == own_digest:
        return []
    number = 1
    while os.path.lexists(f'{path}.kept-{number}'):
        number += 1
    os.rename(path, f'{path}.kept-{number}')
    return [f'{path}.kept-{number}']
