"""Markers of finished videos, by which a killed extraction goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from mmssl.flow.layout import count_files, flow_files, marker_file, pair_folder
from mmssl.flow.settings import ExtractionSettings
from mmssl.io.video_sources import VideoSource
from mmssl.utils.whole_file import written_whole

_VERSION = 1


@dataclass
class Marker:
    """All that lists and summary need to know of a finished video.

    Attributes:
        relative: Path of the video below the input folder.
        num_bytes: Its size, to notice that it was replaced.
        settings: Fingerprint of the settings that made the pairs.
        frames: Number of frames.
        kept: First frames of the pairs, ascending.
        dropped: Number of pairs by reason.
        clipped: Kept pairs with flow beyond the jpg format's range.
        notes: What a user should know, e.g. that the file is cut short.
        needed: Kinds of unusual videos (``rotated``, ``variable_rate``)
            that had to be allowed for it.
        version: Version of this file's format.
    """

    relative: str
    num_bytes: int
    settings: dict[str, Any]
    frames: int = 0
    kept: list[int] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)
    clipped: int = 0
    notes: list[str] = field(default_factory=list)
    needed: list[str] = field(default_factory=list)
    version: int = _VERSION

    def num_files(self) -> int:
        """Number of frame and flow files of the video."""
        stride = self.settings['stride']
        frames = {*self.kept, *(start + stride for start in self.kept)}
        per_pair = len(flow_files(0, self.settings['format']))
        return len(frames) + per_pair * len(self.kept)


def write_json(path: str, data: Any) -> None:
    """Write a JSON file in one step: it is there whole, or not at all."""
    with written_whole(path) as partial:
        partial.write_text(json.dumps(data, indent=1), encoding='utf-8')


def write_marker(out: str, name: str, marker: Marker) -> None:
    """Mark a video as finished."""
    write_json(marker_file(out, name), asdict(marker))


def read_marker(out: str, source: VideoSource) -> Marker | None:
    """Return the marker of a finished video.

    Args:
        out: Output folder.
        source: The video.

    Returns:
        None if the video is not finished: no marker, a damaged or old one,
        or files of the video are missing.
    """
    try:
        with open(marker_file(out, source.name), encoding='utf-8') as file:
            marker = Marker(**json.load(file))
        whole = marker.num_files() <= count_files(
            pair_folder(out, source.name)
        )
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None
    return marker if whole and marker.version == _VERSION else None


def differences(
    marker: Marker, source: VideoSource, fingerprint: Mapping[str, Any]
) -> list[str]:
    """Say how a finished video differs from what is asked for now.

    Args:
        marker: Marker of the video.
        source: The video as it is now.
        fingerprint: Of the settings now.

    Returns:
        One phrase per difference, e.g. ``'stride: 1 there, 2 now'``.
    """
    phrases = [
        f'{key}: {marker.settings.get(key)!r} there, {value!r} now'
        for key, value in sorted(fingerprint.items())
        if marker.settings.get(key) != value
    ]
    if marker.num_bytes != source.num_bytes:
        phrases.append(
            f'size of the video: {marker.num_bytes} bytes there, '
            f'{source.num_bytes} now'
        )
    return phrases


def blocked(marker: Marker, settings: ExtractionSettings) -> str | None:
    """Return the kind of unusual video that is not allowed (any more)."""
    allowed = {
        'rotated': settings.auto_rotate,
        'variable_rate': settings.allow_variable_rate,
    }
    for kind in marker.needed:
        if not allowed.get(kind, False):
            return kind
    return None
