"""Tiny videos with known motion, and mp4 files with unusual tags.

mp4 is a tree of boxes, each ``size (4 bytes), kind (4 letters), payload``.
The functions that change a file rewrite single boxes in place; they fit
files that OpenCV wrote, whose index follows the frames.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Callable

import cv2
import numpy as np

from mmssl.testing.toys import textured_image

_CODECS = {'.avi': 'MJPG', '.mp4': 'mp4v'}
_PARENTS = (b'moov', b'trak', b'edts', b'mdia', b'minf', b'stbl')
# 2x2 part of the matrix that turns the picture clockwise, in whole numbers.
_MATRICES = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1)}


def moving_frames(
    num_frames: int,
    height: int,
    width: int,
    rng: np.random.Generator,
    velocity: tuple[int, int] = (2, 1),
) -> list[np.ndarray]:
    """Draw a texture that moves by whole pixels, with nothing else changed.

    Args:
        num_frames: Number of frames.
        height: Rows H, px.
        width: Columns W, px.
        rng: Source of the texture.
        velocity: (right, down) in px per frame: the flow of every pixel.

    Returns:
        Frames, each (H, W, 3) uint8 RGB.

    Example:
        >>> first, second = moving_frames(2, 8, 9, np.random.default_rng(0))
        >>> bool((first[:-1, :-2] == second[1:, 2:]).all())
        True
    """
    right, down = (abs(v) * (num_frames - 1) for v in velocity)
    texture = textured_image(height + down, width + right, rng)
    frames = []
    for t in range(num_frames):
        row = (down if velocity[1] > 0 else 0) - velocity[1] * t
        col = (right if velocity[0] > 0 else 0) - velocity[0] * t
        frames.append(texture[row : row + height, col : col + width].copy())
    return frames


def write_video(
    path: Path, frames: Sequence[np.ndarray], fps: float = 10.0
) -> Path:
    """Write frames as a video.

    Args:
        path: File ending in ``.avi`` (motion jpg) or ``.mp4`` (MPEG-4).
        frames: (H, W, 3) uint8 RGB each; H and W even for mp4.
        fps: Frames per second.

    Returns:
        The path.

    Raises:
        ValueError: Another suffix; OSError: no encoder for it here.
    """
    if path.suffix not in _CODECS:
        raise ValueError(
            f'suffix must be one of {sorted(_CODECS)}, got {path.suffix!r}'
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = frames[0].shape[:2]
    code = cv2.VideoWriter.fourcc(*_CODECS[path.suffix])
    writer = cv2.VideoWriter(str(path), code, fps, (width, height))
    if not writer.isOpened():
        raise OSError(f'{path}: OpenCV cannot write {_CODECS[path.suffix]}')
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    return path


def write_frame_folder(
    folder: Path, frames: Sequence[np.ndarray], suffix: str = '.png'
) -> Path:
    """Write frames as numbered images ``0.png``, ``1.png``, ...

    Args:
        folder: Folder, made if missing.
        frames: (H, W, 3) uint8 RGB each.
        suffix: Of the image files.

    Returns:
        The folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames):
        bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f'{number}{suffix}'), bgr)
    return folder


def set_rotation(path: Path, degrees: int) -> None:
    """Give an mp4 file the tag that asks players to turn it.

    Args:
        path: File to change.
        degrees: 0, 90 or 180.
    """

    def change(payload: bytes) -> bytes:
        a, b, c, d = (value << 16 for value in _MATRICES[degrees])
        matrix = struct.pack('>9i', a, b, 0, c, d, 0, 0, 0, 1 << 30)
        return payload[:40] + matrix + payload[76:]

    _change_box(path, b'tkhd', change)


def set_durations(path: Path, durations: Sequence[int]) -> None:
    """Give the frames of an mp4 file durations of their own.

    Args:
        path: File to change.
        durations: One per frame, in the units of the file's own clock; only
            their ratios matter for a test of variable rate.
    """

    def change(payload: bytes) -> bytes:
        unit = struct.unpack('>I', payload[12:16])[0]
        rows = [struct.pack('>II', 1, unit * n) for n in durations]
        return struct.pack('>II', 0, len(rows)) + b''.join(rows)

    def lengthen(payload: bytes) -> bytes:
        # The edit list ends the presentation after the old duration.
        old = struct.unpack('>I', payload[8:12])[0]
        new = old * sum(durations) // len(durations)
        return payload[:8] + struct.pack('>I', new) + payload[12:]

    _change_box(path, b'stts', change)
    _change_box(path, b'elst', lengthen)


def set_first_frame(path: Path, units: int) -> None:
    """Let an mp4 file begin later, by its edit list.

    Args:
        path: File to change.
        units: Time of the first frame shown, in the file's own clock.
    """

    def change(payload: bytes) -> bytes:
        return payload[:12] + struct.pack('>i', units) + payload[16:]

    _change_box(path, b'elst', change)


def _change_box(
    path: Path, kind: bytes, change: Callable[[bytes], bytes]
) -> None:
    """Replace the payload of all boxes of a kind."""
    data = path.read_bytes()
    changed, found = _rebuild(data, kind, change)
    if not found:
        raise ValueError(f'{path}: no {kind.decode()} box in it')
    path.write_bytes(changed)


def _rebuild(
    data: bytes, kind: bytes, change: Callable[[bytes], bytes]
) -> tuple[bytes, int]:
    """Walk the boxes; return the new bytes and the number of changes."""
    result, found, at = b'', 0, 0
    while at < len(data):
        size = struct.unpack('>I', data[at : at + 4])[0] or len(data) - at
        name, payload = data[at + 4 : at + 8], data[at + 8 : at + size]
        if name == kind:
            payload, more = change(payload), 1
        elif name in _PARENTS:
            payload, more = _rebuild(payload, kind, change)
        else:
            more = 0
        result += struct.pack('>I', 8 + len(payload)) + name + payload
        found += more
        at += size
    return result, found
