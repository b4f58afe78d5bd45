"""Small generated data with known flow, for tests and examples.

A pair is made backwards, so that its flow is exact up to interpolation: frame
1 is a smooth texture, frame 0 is frame 1 looked up at ``x + flow(x)``. Equal
arguments give equal files.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from mmssl.io.flow_files import write_flo, write_flow_jpg_pair

_FORMATS = ('flo', 'jpg')


def smooth_flow(
    height: int, width: int, rng: np.random.Generator, speed: float = 4.0
) -> np.ndarray:
    """Draw a still background with one rigidly moving, soft-edged disc.

    ``flow = w (v + s R90 (x - c))``: window w of the disc with centre c,
    velocity v, spin s.

    Args:
        height: Rows H, px.
        width: Columns W, px.
        rng: Source of the velocity, centre and spin.
        speed: Length of the disc's velocity, px per frame.

    Returns:
        (H, W, 2) float32, (u right, v down) in px.

    Example:
        >>> flow = smooth_flow(8, 8, np.random.default_rng(0), speed=2.0)
        >>> flow.shape, float(np.abs(flow[0, 0]).max())
        ((8, 8, 2), 0.0)
    """
    radius = min(height, width) / 3
    row = height / 2 + rng.uniform(-0.1, 0.1) * height
    col = width / 2 + rng.uniform(-0.1, 0.1) * width
    angle = rng.uniform(0, 2 * np.pi)
    spin = rng.uniform(-0.02, 0.02)

    y, x = np.mgrid[:height, :width].astype(np.float64)
    dy, dx = y - row, x - col
    window = np.clip(2 - 2 * np.hypot(dy, dx) / radius, 0, 1)[..., None]
    rigid = np.stack(
        [speed * np.cos(angle) - spin * dy, speed * np.sin(angle) + spin * dx],
        axis=-1,
    )
    return (window * rigid).astype(np.float32)


def textured_image(
    height: int, width: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw a smooth random texture that flow estimators can follow.

    Args:
        height: Rows H, px.
        width: Columns W, px.
        rng: Source of the texture.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    noise = rng.normal(size=(height, width, 3)).astype(np.float32)
    fine = cv2.GaussianBlur(noise, (0, 0), 1.5) * 1.5
    coarse = cv2.GaussianBlur(noise, (0, 0), 4.0) * 4.0
    texture = fine + coarse
    return np.clip(128 + 50 * texture / texture.std(), 0, 255).astype(np.uint8)


def moving_pair(
    height: int, width: int, rng: np.random.Generator, speed: float = 4.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Make two frames and the exact flow of the first.

    Arguments are those of :func:`smooth_flow`.

    Returns:
        frame0 (H, W, 3) uint8 RGB; frame1 likewise; flow (H, W, 2) float32.
    """
    frame1 = textured_image(height, width, rng)
    flow = smooth_flow(height, width, rng, speed)
    y, x = np.mgrid[:height, :width].astype(np.float32)
    there = x + flow[..., 0], y + flow[..., 1]
    frame0 = cv2.remap(
        frame1, *there, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return frame0, frame1, flow


def make_toy_flow_list(
    folder: str | Path,
    n: int = 4,
    size: tuple[int, int] = (64, 96),
    flow_format: str = 'jpg',
    name: str = 'train.txt',
    seed: int = 0,
) -> Path:
    """Write ``n`` pairs with flow, and their list in the published format.

    Paths in the list are relative to ``folder``.

    Args:
        folder: Where to write; made if it is missing.
        n: Number of pairs.
        size: (height, width) of the images, px.
        flow_format: 'jpg' (pair of grey images) or 'flo'.
        name: File name of the list; its stem prefixes the other files.
        seed: Seed of everything drawn.

    Returns:
        Path of the list.

    Raises:
        ValueError: Unknown format.
    """
    if flow_format not in _FORMATS:
        raise ValueError(
            f'flow_format must be one of {list(_FORMATS)}, got {flow_format!r}'
        )
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    stem = Path(name).stem
    lines = [
        _write_pair(
            folder, f'{stem}_{i:03d}', moving_pair(*size, rng), flow_format
        )
        for i in range(n)
    ]
    listing = folder / name
    listing.write_text('\n'.join(lines) + '\n')
    return listing


def make_toy_frames(
    folder: str | Path,
    n: int = 6,
    size: tuple[int, int] = (64, 96),
    speed: float = 2.0,
    seed: int = 0,
) -> Path:
    """Write a video as a folder of frames: a texture that drifts rightwards.

    The flow of every frame is (``speed``, 0) px wherever the content stays in
    the picture.

    Args:
        folder: Folder of the frames; made if it is missing.
        n: Number of frames.
        size: (height, width), px.
        speed: px per frame; a whole number keeps the flow exact.
        seed: Seed of the texture.

    Returns:
        The folder.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    height, width = size
    room = int(np.ceil(abs(speed) * n))
    texture = textured_image(height, width + room, np.random.default_rng(seed))
    for i in range(n):
        left = round(room - i * speed) if speed >= 0 else round(-i * speed)
        _write_rgb(folder / f'{i:05d}.png', texture[:, left : left + width])
    return folder


def _write_pair(
    folder: Path,
    stem: str,
    pair: tuple[np.ndarray, np.ndarray, np.ndarray],
    flow_format: str,
) -> str:
    """Write one pair and return its line of the list."""
    frame0, frame1, flow = pair
    names = [f'{stem}_0.png', f'{stem}_1.png']
    for image_name, image in zip(names, (frame0, frame1)):
        _write_rgb(folder / image_name, image)
    if flow_format == 'jpg':
        flows = [f'{stem}_x.jpg', f'{stem}_y.jpg']
        write_flow_jpg_pair(flow, folder / flows[0], folder / flows[1])
    else:
        flows = [f'{stem}.flo']
        write_flo(flow, folder / flows[0])
    return ' '.join(names + flows)


def _write_rgb(path: Path, image: np.ndarray) -> None:
    """Write an RGB image; OpenCV returns False where it should raise."""
    if not cv2.imwrite(str(path), image[..., ::-1]):
        raise OSError(f'could not write {path}')
