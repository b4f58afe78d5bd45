"""Frames to a file that plays: mp4, avi or gif."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mmssl.utils.whole_file import written_whole

Frames = Sequence[NDArray[np.uint8]]
# Tried in this order; a build of OpenCV need not have all.
_CODECS = {'.avi': ('MJPG', 'XVID'), '.mp4': ('mp4v', 'avc1')}


def write_animation(frames: Frames, path: str | Path, fps: float = 10) -> Path:
    """Write frames as a video or an animated gif.

    The file appears when it is complete.

    Args:
        frames: (H, W, 3) uint8 RGB each, all of one size.
        path: Ends in .mp4, .avi or .gif; its folder is made if missing.
        fps: Frames per second; a gif counts in hundredths of a second.

    Returns:
        The path.

    Raises:
        ValueError: Another suffix, no frames, frames of several sizes, or
            ``fps`` not positive.
        OSError: OpenCV has no encoder for it here.
    """
    path = Path(path)
    write = _writer_of(path)
    _check(frames, fps)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_whole(path) as partial:
        write(frames, partial, fps)
    return path


def _writer_of(path: Path) -> Callable[[Frames, Path, float], None]:
    suffix = path.suffix.lower()
    if suffix == '.gif':
        return _write_gif
    if suffix in _CODECS:
        return _write_video
    known = sorted([*_CODECS, '.gif'])
    raise ValueError(
        f'{path}: the suffix must be one of {", ".join(known)}, got '
        f'{path.suffix!r}'
    )


def _check(frames: Frames, fps: float) -> None:
    """Refuse what no writer could write."""
    if not len(frames):
        raise ValueError('there are no frames to write')
    if not fps > 0:
        raise ValueError(f'fps must be positive, got {fps}')
    sizes = sorted({frame.shape for frame in frames})
    if len(sizes) > 1 or len(sizes[0]) != 3 or sizes[0][2] != 3:
        raise ValueError(
            f'frames must be (H, W, 3), all of one size, got {sizes}'
        )


def _write_gif(frames: Frames, path: Path, fps: float) -> None:
    """Write by Pillow: up to 256 colours for each frame."""
    first, *rest = (Image.fromarray(np.ascontiguousarray(f)) for f in frames)
    first.save(
        path,
        save_all=True,
        append_images=rest,
        duration=max(20, 10 * round(100 / fps)),
        loop=0,
    )


def _write_video(frames: Frames, path: Path, fps: float) -> None:
    """Write by OpenCV, with the first codec that works."""
    height, width = frames[0].shape[:2]
    border = ((0, height % 2), (0, width % 2), (0, 0))  # sides must be even
    codecs = _CODECS[path.suffix.lower()]
    for codec in codecs:
        writer = cv2.VideoWriter(
            str(path),
            cv2.VideoWriter.fourcc(*codec),
            fps,
            (width + width % 2, height + height % 2),
        )
        if not writer.isOpened():
            continue
        for frame in frames:
            frame = np.pad(frame, border, mode='edge')
            writer.write(np.ascontiguousarray(frame[..., ::-1]))
        writer.release()
        if path.is_file() and path.stat().st_size:
            return
    raise OSError(
        f'{path.name}: OpenCV {cv2.__version__} cannot write '
        f'{", ".join(codecs)} here: write a .gif instead'
    )
