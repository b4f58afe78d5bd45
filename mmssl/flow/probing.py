"""Look at a video before the work: how many frames, and is it usable."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mmssl.flow.checks import irregular_share
from mmssl.flow.settings import ExtractionSettings
from mmssl.io.video_sources import VideoSource
from mmssl.io.videos import (
    FrameFolderReader,
    VideoError,
    VideoReader,
    open_video,
    packet_times,
)

# Above this share of irregular intervals a video counts as variable-rate;
# below, single frames were dropped.
_VARIABLE_RATE_SHARE = 0.02


@dataclass
class Probe:
    """What a look at a video found.

    Attributes:
        frames: Number of frames, as far as known without decoding them.
        height: Of the decoded frames, in px.
        width: Of the decoded frames, in px.
        reason: Why the video is skipped, one word; None if it is usable.
        detail: The same in words.
        needed: Reasons that a switch of the settings overrode.
        declared: Number of frames that the container declares.
    """

    frames: int = 0
    height: int = 0
    width: int = 0
    reason: str | None = None
    detail: str = ''
    needed: list[str] = field(default_factory=list)
    declared: int = 0


class _Skip(Exception):
    """A video is not usable: (reason, detail)."""


def probe_video(
    source: VideoSource, settings: ExtractionSettings, min_size: int = 16
) -> Probe:
    """Look at one video: its packets, its tags and its first frame.

    Args:
        source: Video file or frame folder.
        settings: Stride, and which unusual videos are accepted.
        min_size: Shortest side that the flow method can handle, in px.

    Returns:
        The findings. Reasons to skip: ``empty``, ``unreadable``,
        ``rotated``, ``variable_rate``, ``one_frame``, ``too_short``,
        ``too_small``.
    """
    probe = Probe()
    try:
        if source.num_bytes == 0:
            raise _Skip('empty', 'the file has no content')
        with open_video(source.path, settings.auto_rotate) as reader:
            _look(reader, probe, settings, min_size)
    except _Skip as skip:
        probe.reason, probe.detail = skip.args
    except (VideoError, OSError, cv2.error) as error:
        probe.reason, probe.detail = 'unreadable', str(error)
    return probe


def _look(
    reader: VideoReader,
    probe: Probe,
    settings: ExtractionSettings,
    min_size: int,
) -> None:
    """Fill in the findings; raise _Skip at the first reason to."""
    probe.declared = len(reader)
    _check_rotation(reader, probe, settings)
    in_file = not isinstance(reader, FrameFolderReader)
    times = packet_times(reader.path) if in_file else []
    probe.frames = len(times) or probe.declared
    frame = _first_frame(reader)
    probe.height, probe.width = frame.shape[:2]
    _check_length(probe, settings)
    _check_rate(times, probe, settings)
    if min(frame.shape[:2]) < min_size:
        raise _Skip(
            'too_small',
            f'{probe.width}x{probe.height} px, the flow method needs '
            f'{min_size}',
        )


def _first_frame(reader: VideoReader) -> np.ndarray:
    """Return the first frame; of a folder, the first readable one."""
    try:
        return reader.read_bgr(0)
    except VideoError as error:
        if not isinstance(reader, FrameFolderReader):
            raise _Skip(
                'unreadable', f'no frame can be decoded: {error}'
            ) from error
    for index in range(1, len(reader)):
        try:
            return reader.read_bgr(index)
        except VideoError:
            continue
    raise _Skip('unreadable', 'none of the images can be read')


def _check_rotation(
    reader: VideoReader, probe: Probe, settings: ExtractionSettings
) -> None:
    if reader.rotation % 360 == 0:
        return
    if not settings.auto_rotate:
        raise _Skip(
            'rotated',
            f'a tag asks to turn it by {reader.rotation} degrees; '
            '--auto-rotate turns and uses it',
        )
    probe.needed.append('rotated')


def _check_length(probe: Probe, settings: ExtractionSettings) -> None:
    if probe.frames <= 1:
        raise _Skip('one_frame', 'it has a single frame')
    if probe.frames <= settings.stride:
        raise _Skip(
            'too_short',
            f'{probe.frames} frames, no two are {settings.stride} apart',
        )


def _check_rate(
    times: list[float], probe: Probe, settings: ExtractionSettings
) -> None:
    share = irregular_share(times)
    # Once is a dropped frame or a cut start, whatever the share.
    if share <= _VARIABLE_RATE_SHARE or share * (len(times) - 1) < 1.5:
        return
    if not settings.allow_variable_rate:
        raise _Skip(
            'variable_rate',
            f'{share:.0%} of the frame intervals are irregular; '
            '--allow-variable-rate uses it',
        )
    probe.needed.append('variable_rate')
