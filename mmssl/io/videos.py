"""Frames of a video file or of a folder of images, by one interface."""

from __future__ import annotations

import os

from mmssl.io.frame_folder import (
    IMAGE_SUFFIXES,
    FrameFolderReader,
    list_frames,
    natural_key,
)
from mmssl.io.video_file import (
    VIDEO_SUFFIXES,
    VideoFileReader,
    open_capture,
    packet_times,
)
from mmssl.io.video_reader import PathLike, VideoError, VideoReader

__all__ = [
    'IMAGE_SUFFIXES',
    'VIDEO_SUFFIXES',
    'FrameFolderReader',
    'PathLike',
    'VideoError',
    'VideoFileReader',
    'VideoReader',
    'list_frames',
    'natural_key',
    'open_capture',
    'open_video',
    'packet_times',
]


def open_video(path: PathLike, auto_rotate: bool = True) -> VideoReader:
    """Open a video file or a folder of frames.

    Args:
        path: File or folder.
        auto_rotate: Turn frames as a video's rotation tag asks.

    Returns:
        A reader with ``len``, ``read(i)``, iteration, ``fps``, ``close``.

    Raises:
        VideoError: Missing, empty or unreadable; the message names it.
    """
    if os.path.isdir(path):
        return FrameFolderReader(path)
    return VideoFileReader(path, auto_rotate)
