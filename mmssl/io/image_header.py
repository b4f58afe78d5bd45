"""How large an image says it is, before anything is allocated for it."""

from __future__ import annotations

import io
import struct
import warnings

from PIL import Image

MAX_PIXELS = 1 << 27  # 400 MB decoded; 11,585 x 11,585

_JPEG, _PNG = b'\xff\xd8', b'\x89PNG\r\n\x1a\n'
# Frame headers are 0xc0..0xcf without DHT, JPG and DAC.
_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def is_jpeg(data: bytes) -> bool:
    """Say whether data begins as a jpg does."""
    return data[:2] == _JPEG


def image_size(data: bytes) -> tuple[int, int] | None:
    r"""Read the size from the header of an image file.

    Args:
        data: The file, or its beginning.

    Returns:
        (width, height) in px; None where the header does not say.

    Example:
        >>> header = b'\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\3\0\0\0\2'
        >>> image_size(header)
        (3, 2)
    """
    if is_jpeg(data):
        return _jpeg_size(data)
    if data[:8] == _PNG:
        return struct.unpack('>II', data[16:24]) if len(data) > 23 else None
    return _other_size(data)


def is_cut_short(data: bytes) -> bool:
    r"""Say whether a jpg or png lacks its end, or claims more than there is.

    Args:
        data: The whole file.

    Example:
        >>> is_cut_short(b'\xff\xd8'), is_cut_short(b'neither')
        (True, False)
    """
    if is_jpeg(data):
        start = scan_start(data)
        return start < 0 or data.rfind(b'\xff\xd9') < start
    return data[:8] == _PNG and not _has_png_end(data)


def _has_png_end(data: bytes) -> bool:
    """Walk the chunks; OpenCV would allocate whatever length they claim."""
    at = 8
    while at + 12 <= len(data):
        if data[at + 4 : at + 8] == b'IEND':
            return True
        at += 12 + int.from_bytes(data[at : at + 4], 'big')
    return False


def scan_start(data: bytes) -> int:
    """Return where the picture data of a jpg begins; -1 if nowhere.

    Thumbnails inside the headers are jpgs with an end of their own; the end
    of the picture is to be looked for behind this place only.
    """
    return _walk(data)[1]


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    frame = _walk(data)[0]
    if frame < 0 or len(data) < frame + 9:
        return None
    height, width = struct.unpack('>HH', data[frame + 5 : frame + 9])
    return width, height


def _walk(data: bytes) -> tuple[int, int]:
    """Return the offsets of a jpg's frame header and of its first scan."""
    at, frame = 2, -1
    while at + 4 <= len(data):
        if data[at] != 0xFF:  # decoders skip what stands between markers
            at = data.find(b'\xff', at)
            if at < 0:
                break
            continue
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker in _FRAME_MARKERS and frame < 0:
            frame = at
        if marker == 0xDA:
            return frame, at
        alone = marker == 0x01 or 0xD0 <= marker <= 0xD8
        at += 2 if alone else 2 + max(data[at + 2] << 8 | data[at + 3], 2)
    return frame, -1


def _other_size(data: bytes) -> tuple[int, int] | None:
    """Ask Pillow, which reads headers only; it raises anything."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try:
            with Image.open(io.BytesIO(data)) as image:
                return image.size
        except Exception:
            return None
