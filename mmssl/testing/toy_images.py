"""Small generated photo-like images, for tests, examples and measurements.

Like photos they have more contrast in coarse structures than in fine ones
(amplitude ~ 1 / frequency), sharp-edged objects that hide one another, and
light that differs from corner to corner. Equal arguments give equal files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

Size = tuple[int, int]
_SHAPES = ('disc', 'square', 'triangle', 'ring', 'cross')
_SUFFIXES = ('.jpg', '.png')


def photo_like(
    size: Size, rng: np.random.Generator, kind: int | None = None
) -> np.ndarray:
    """Draw a background with a few objects before it.

    Args:
        size: (height, width), px.
        rng: Source of everything.
        kind: Class, which fixes shape and colour of the objects (places,
            sizes, turns and the background stay random); None: any.

    Returns:
        (H, W, 3) uint8 RGB.

    Example:
        >>> photo_like((24, 32), np.random.default_rng(0)).shape
        (24, 32, 3)
    """
    image = clouds(size, rng)
    for _ in range(rng.integers(2, 5)):
        which = int(rng.integers(1000)) if kind is None else kind
        mask = _object_mask(size, rng, _SHAPES[which % len(_SHAPES)])
        colour = _colour(which) + 0.25 * rng.normal(size=3)
        surface = colour + 0.5 * clouds(size, rng)
        image += mask[..., None] * (surface - image)
    light = clouds((2, 2), rng)[..., :1].astype(np.float32)
    image *= 1 + 0.2 * cv2.resize(light, size[::-1])[..., None]
    return np.clip(128 + 50 * image, 0, 255).astype(np.uint8)


def make_toy_images(
    folder: str | Path,
    n: int = 8,
    size: Size | Sequence[Size] = ((72, 96), (96, 72), (80, 80)),
    classes: int | Sequence[str] = 0,
    list_name: str | None = None,
    suffix: str = '.jpg',
    seed: int = 0,
) -> Path:
    """Write images into a folder, with classes into a folder for each.

    ``FOLDER/0000.jpg ...`` without classes; with ``classes=2``
    ``FOLDER/class_0/0000.jpg, FOLDER/class_1/0001.jpg, ...``: image i is of
    class ``i % classes``, and its objects have that class's shape and colour.

    Args:
        folder: Where to write; made if it is missing.
        n: Number of images, of all classes together.
        size: (height, width) in px, or several, which take turns.
        classes: Number of classes, or their names; 0: none.
        list_name: Also write ``FOLDER/list_name``, a line ``path label`` for
            each image (``path`` without classes).
        suffix: '.jpg' or '.png'.
        seed: Seed of everything drawn.

    Returns:
        The folder.

    Raises:
        ValueError: Unknown suffix.
    """
    if suffix not in _SUFFIXES:
        raise ValueError(
            f'suffix must be one of {sorted(_SUFFIXES)}, got {suffix!r}'
        )
    if isinstance(classes, int):
        classes = [f'class_{i}' for i in range(classes)]
    sizes: list[Size] = np.reshape(np.asarray(size), (-1, 2)).tolist()
    folder = Path(folder)
    lines = []
    for i in range(n):
        kind = i % len(classes) if classes else None
        name = f'{i:04d}{suffix}'
        if kind is not None:
            name = f'{classes[kind]}/{name}'
        rng = np.random.default_rng([seed, i])
        height, width = sizes[i % len(sizes)]
        image = photo_like((height, width), rng, kind)
        write_photo(folder / name, image)
        lines.append(name if kind is None else f'{name} {kind}')
    if list_name is not None:
        (folder / list_name).write_text('\n'.join(lines) + '\n')
    return folder


def write_photo(
    path: str | Path, image: np.ndarray, quality: int = 92
) -> Path:
    """Write an RGB image; the suffix of the name says how.

    Args:
        path: File; its folder is made if it is missing.
        image: (H, W, 3) uint8 RGB.
        quality: Of jpgs, 1 to 100.

    Returns:
        The path.

    Raises:
        OSError: It cannot be written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    # OpenCV returns False where it should raise.
    if not cv2.imwrite(str(path), bgr, options):
        raise OSError(f'could not write {path}')
    return path


def clouds(size: Size, rng: np.random.Generator) -> np.ndarray:
    """Draw noise of all scales, the coarse ones strongest.

    Returns:
        (H, W, 3) float32, mean about 0, deviation about 1; the channels are
        alike, as those of photos are.
    """
    height, width = size
    image = np.zeros((height, width, 3), np.float32)
    cells = max(2, max(size))
    amplitude = 1.0
    while cells >= 2:
        rows = max(1, round(cells * height / max(size)))
        cols = max(1, round(cells * width / max(size)))
        grey = rng.normal(size=(rows, cols, 1))
        noise = grey + 0.4 * rng.normal(size=(rows, cols, 3))
        image += amplitude * cv2.resize(
            noise.astype(np.float32), (width, height)
        )
        cells //= 2
        amplitude *= 1.3
    return image / image.std()


def _object_mask(
    size: Size, rng: np.random.Generator, shape: str
) -> np.ndarray:
    """Draw one object with edges one pixel soft.

    Returns:
        (H, W) float32, 1 on the object.
    """
    height, width = size
    radius = rng.uniform(0.15, 0.35) * min(size)
    row, col = rng.uniform(0.1, 0.9, 2) * size
    turn = rng.uniform(0, 2 * np.pi)
    y, x = np.ogrid[:height, :width]
    dy, dx = y - row, x - col
    along = (np.cos(turn) * dx + np.sin(turn) * dy) / radius
    across = (np.cos(turn) * dy - np.sin(turn) * dx) / radius
    return np.clip(radius * _inside(shape, along, across) + 0.5, 0, 1).astype(
        np.float32
    )


def _inside(shape: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return how deep points lie inside a shape of radius 1."""
    if shape == 'disc':
        return 1 - np.hypot(x, y)
    if shape == 'square':
        return 0.85 - np.maximum(abs(x), abs(y))
    if shape == 'ring':
        return 0.3 - abs(np.hypot(x, y) - 0.7)
    if shape == 'triangle':
        return 0.5 - np.maximum(y, abs(x) * 0.87 - y / 2)
    arms = np.minimum(abs(x), abs(y)), np.maximum(abs(x), abs(y))
    return np.minimum(0.3 - arms[0], 1 - arms[1])


def _colour(kind: int) -> np.ndarray:
    """Return a colour far from those of the neighbouring classes.

    Returns:
        (3,) float64, units of the clouds.
    """
    angle = 2.4 * kind + np.array([0.0, 2.1, 4.2])  # the golden angle
    return 1.6 * np.cos(angle)
