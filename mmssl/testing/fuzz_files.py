"""Small files of every kind that is read, and ways to damage them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from mmssl.io.flow_files import write_flo, write_flow_jpg_pair
from mmssl.testing.toys import moving_pair, textured_image
from mmssl.testing.videos import moving_frames, write_video

_SIZE = (48, 72)
_EXTREMES = (
    b'\0\0\0\0',
    b'\xff' * 4,
    b'\x7f\xff\xff\xff',
    b'\xff\xff\xff\x7f',
)


class Seed(NamedTuple):
    """An undamaged file.

    Attributes:
        name: File name.
        kind: 'flo', 'image', 'list', 'pair' or 'video': how it is read.
        weight: How often it is chosen, relative to others.
    """

    name: str
    kind: str
    weight: int = 1


SEEDS = (
    Seed('base.jpg', 'image', 4),
    Seed('progressive.jpg', 'image', 2),
    Seed('thumbnail.jpg', 'image', 2),
    Seed('cmyk.jpg', 'image'),
    Seed('rgb.png', 'image', 3),
    Seed('deep.png', 'image'),
    Seed('alpha.png', 'image'),
    Seed('image.bmp', 'image'),
    Seed('image.webp', 'image'),
    Seed('image.tif', 'image'),
    Seed('flow.flo', 'flo', 4),
    Seed('flow_x.jpg', 'pair', 4),
    Seed('clip.mp4', 'video', 3),
    Seed('clip.avi', 'video', 3),
    Seed('list.txt', 'list', 2),
)


def write_seeds(folder: Path) -> None:
    """Write all files of :data:`SEEDS`, and ``flow_y.jpg`` for the pair.

    Args:
        folder: Where to; made if it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    rgb = textured_image(*_SIZE, rng)
    image = Image.fromarray(rgb)
    image.save(folder / 'base.jpg', quality=90)
    image.save(folder / 'progressive.jpg', progressive=True)
    _with_thumbnail(image, folder / 'thumbnail.jpg')
    image.convert('CMYK').save(folder / 'cmyk.jpg')
    for suffix in ('bmp', 'tif', 'webp'):
        image.save(folder / f'image.{suffix}')
    image.save(folder / 'rgb.png')
    image.convert('RGBA').save(folder / 'alpha.png')
    cv2.imwrite(str(folder / 'deep.png'), rgb.astype(np.uint16) << 8)
    flow = moving_pair(*_SIZE, rng)[2]
    write_flo(flow, folder / 'flow.flo')
    write_flow_jpg_pair(flow, folder / 'flow_x.jpg', folder / 'flow_y.jpg')
    frames = moving_frames(10, 48, 64, rng)
    write_video(folder / 'clip.mp4', frames)
    write_video(folder / 'clip.avi', frames)
    lines = [f'{i}.jpg {i + 1}.jpg {i}_x.jpg {i}_y.jpg' for i in range(200)]
    (folder / 'list.txt').write_text('\n'.join(lines) + '\n')


def _with_thumbnail(image: Image.Image, path: Path) -> None:
    """Put a whole small jpg into a comment ahead of the picture."""
    image.save(path)
    small = path.with_suffix('.small')
    image.resize((16, 16)).save(small, 'JPEG')
    data, inner = path.read_bytes(), small.read_bytes()
    small.unlink()
    segment = b'\xff\xe1' + (len(inner) + 2).to_bytes(2, 'big') + inner
    path.write_bytes(data[:2] + segment + data[2:])


def choose_seed(rng: np.random.Generator) -> Seed:
    """Draw one of :data:`SEEDS` by weight."""
    weights = np.array([seed.weight for seed in SEEDS], float)
    return SEEDS[int(rng.choice(len(SEEDS), p=weights / weights.sum()))]


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """Damage a file in one to three ways.

    Bits flip, bytes change, blocks vanish, double, become zero or come from
    elsewhere in the file, the end is cut off, garbage comes in, header bytes
    and whole numbers take extreme values.

    Args:
        data: The file.
        rng: Decides what happens, and where.

    Returns:
        The damaged file; rarely the same.

    Example:
        >>> mutate(b'abcdefgh', np.random.default_rng(1)) != b'abcdefgh'
        True
    """
    result = bytearray(data)
    for _ in range(int(rng.integers(1, 4))):
        if not result:
            break
        result = _MUTATIONS[int(rng.integers(len(_MUTATIONS)))](result, rng)
    return bytes(result)


def _block(size: int, rng: np.random.Generator) -> slice:
    """Draw a block, short ones as likely as long ones."""
    begin = int(rng.integers(size))
    length = int(size ** rng.random())
    return slice(begin, begin + max(length, 1))


def _flip_bits(data: bytearray, rng: np.random.Generator) -> bytearray:
    for place in rng.integers(len(data), size=int(rng.integers(1, 33))):
        data[place] ^= 1 << int(rng.integers(8))
    return data


def _set_bytes(data: bytearray, rng: np.random.Generator) -> bytearray:
    for place in rng.integers(len(data), size=int(rng.integers(1, 33))):
        data[place] = int(rng.integers(256))
    return data


def _damage_header(data: bytearray, rng: np.random.Generator) -> bytearray:
    within = min(len(data), int(rng.choice([16, 64, 700])))
    for place in rng.integers(within, size=int(rng.integers(1, 9))):
        data[place] = int(rng.choice([0, 255, int(rng.integers(256))]))
    return data


def _set_number(data: bytearray, rng: np.random.Generator) -> bytearray:
    place = int(rng.integers(min(len(data), 1024)))
    data[place : place + 4] = _EXTREMES[int(rng.integers(len(_EXTREMES)))]
    return data


def _truncate(data: bytearray, rng: np.random.Generator) -> bytearray:
    return data[: int(rng.integers(len(data)))]


def _remove(data: bytearray, rng: np.random.Generator) -> bytearray:
    del data[_block(len(data), rng)]
    return data


def _double(data: bytearray, rng: np.random.Generator) -> bytearray:
    block = _block(len(data), rng)
    return data[: block.stop] + data[block.start :]


def _zero(data: bytearray, rng: np.random.Generator) -> bytearray:
    block = _block(len(data), rng)
    data[block] = bytes(len(data[block]))
    return data


def _move(data: bytearray, rng: np.random.Generator) -> bytearray:
    piece = data[_block(len(data), rng)]
    place = int(rng.integers(len(data)))
    data[place : place + len(piece)] = piece
    return data


def _insert(data: bytearray, rng: np.random.Generator) -> bytearray:
    place = int(rng.integers(len(data)))
    garbage = rng.integers(256, size=int(rng.integers(1, 300)), dtype=np.uint8)
    data[place:place] = garbage.tobytes()
    return data


_MUTATIONS = (
    _flip_bits,
    _set_bytes,
    _damage_header,
    _set_number,
    _truncate,
    _remove,
    _double,
    _zero,
    _move,
    _insert,
)
