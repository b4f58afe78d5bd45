"""Is a file whole, as far as that shows without decoding it."""

from __future__ import annotations

from collections.abc import Sequence

from mmssl.io.errors import DataFileError, PathLike, VideoError
from mmssl.io.file_bytes import read_bytes
from mmssl.io.flo import flo_size
from mmssl.io.image_header import image_size
from mmssl.io.images import check_header
from mmssl.io.videos import FrameFolderReader, open_video, packet_times


def quick_image_size(path: PathLike) -> tuple[int, int]:
    """Check beginning and end of an image file.

    Args:
        path: The file.

    Returns:
        (height, width), px.

    Raises:
        DataFileError: Missing, no image, cut short, or too large.
    """
    data = read_bytes(path)
    check_header(data, path)
    size = image_size(data)
    if size is None or min(size) < 1:
        raise DataFileError(path, f'not a readable image ({len(data)} bytes)')
    return size[1], size[0]


def quick_flow_size(paths: Sequence[PathLike]) -> tuple[int, int]:
    """Check one ``.flo`` file or the two images of a flow field.

    Args:
        paths: As of :func:`mmssl.io.flow_files.read_flow`.

    Returns:
        (height, width), px.

    Raises:
        DataFileError: A file is missing or cut short, or sizes differ.
    """
    if len(paths) == 1:
        width, height = flo_size(read_bytes(paths[0]), paths[0])
        return height, width
    first, second = (quick_image_size(path) for path in paths)
    if first != second:
        raise DataFileError(
            paths[0],
            f'the two flow images differ in size: {first} and {second}',
        )
    return first


def quick_video_check(path: PathLike) -> int:
    """Decode the first frame of a video and count its packets.

    Args:
        path: Video file or frame folder.

    Returns:
        Number of frames.

    Raises:
        VideoError: It cannot be opened, its first frame cannot be decoded,
            or it ends before it should.
    """
    with open_video(path) as reader:
        reader.read_bgr(0)
        frames = len(reader)
        if not frames:
            raise VideoError(path, 'declares no frames')
        if not isinstance(reader, FrameFolderReader):
            packets = len(packet_times(path))
            if 0 < packets < frames:
                raise VideoError(
                    path, f'ends early: {packets} of {frames} frames'
                )
    return frames


def full_video_check(path: PathLike) -> int:
    """Decode every frame of a video.

    Args:
        path: Video file or frame folder.

    Returns:
        Number of frames.

    Raises:
        VideoError: A frame cannot be decoded; the first is named.
    """
    with open_video(path) as reader:
        frames = len(reader)
        if not frames:
            raise VideoError(path, 'declares no frames')
        for index in range(frames):
            try:
                reader.read_bgr(index)
            except VideoError as error:
                raise VideoError(
                    error.path, f'{error.reason} of {frames} frames'
                ) from error
    return frames
