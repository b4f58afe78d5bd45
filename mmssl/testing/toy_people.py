"""Small generated pictures of people, and which part of the body is where.

A figure of head, upper body (with arms) and lower body before a photo-like
background; proportions, pose, place, colours and patterns of clothes are drawn
for each. Clothes are of any colour, so that a part is known by its place and
its shape, the head also by skin and hair. Equal arguments give equal files.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from mmssl.testing.toy_images import Size, clouds, write_photo

PARTS = ('background', 'head', 'upper body', 'lower body')
_PATTERNS = ('plain', 'plain', 'stripes', 'bars', 'checks', 'cloth')


class ToyPerson(NamedTuple):
    """A picture of a person and its parts.

    Attributes:
        image: (H, W, 3) uint8 RGB.
        mask: (H, W) uint8, indices of :data:`PARTS`.
    """

    image: np.ndarray
    mask: np.ndarray


def toy_person(size: Size, rng: np.random.Generator) -> ToyPerson:
    """Draw a standing person before a background.

    Args:
        size: (height, width), px.
        rng: Source of everything.

    Returns:
        Image and mask. The parts are never hidden: in pictures of 48x24 px
        and more each has some pixels, the head above the upper body above the
        lower body.

    Example:
        >>> person = toy_person((96, 48), np.random.default_rng(0))
        >>> person.image.shape, np.unique(person.mask).tolist()
        ((96, 48, 3), [0, 1, 2, 3])
    """
    image = 0.6 * clouds(size, rng) + 0.8 * rng.normal(size=3)
    scene = image.mean((0, 1))
    body = _Body(size, rng)
    lower, upper, head, hair = body.depths()
    mask = np.zeros(size, np.uint8)
    taken = [scene]
    for part, depth in ((3, lower), (2, upper)):
        colour = _far_colour(taken, rng)
        taken.append(colour)
        _paint(image, depth, _cloth(size, colour, rng))
        mask[depth > 0] = part
    skin = np.array([1.5, 0.6, 0.1]) * rng.uniform(0.3, 1.3)
    _paint(image, head, skin + 0.2 * clouds(size, rng))
    _paint(image, hair, rng.uniform(-2, -0.8) + 0.2 * clouds(size, rng))
    mask[head > 0] = 1
    left, right = rng.uniform(0.85, 1.15, 2).tolist()
    light = np.linspace(left, right, size[1])
    pixels = 128 + 50 * image * light[:, None]
    return ToyPerson(np.clip(pixels, 0, 255).astype(np.uint8), mask)


def make_toy_people(
    folder: str | Path,
    n: int = 8,
    size: Size | Sequence[Size] = ((96, 48), (112, 48), (128, 56)),
    suffix: str = '.jpg',
    seed: int = 0,
) -> Path:
    """Write pictures of people and the masks of their parts.

    ``FOLDER/images/0000.jpg ...``, ``FOLDER/masks/0000.png ...`` (8-bit, each
    value an index of :data:`PARTS`) and ``FOLDER/labels.json`` with
    ``{"classes": [names]}``.

    Args:
        folder: Where to write; made if it is missing.
        n: Number of pictures.
        size: (height, width) in px, or several, which take turns.
        suffix: Of the pictures, '.jpg' or '.png'.
        seed: Seed of everything drawn.

    Returns:
        The folder.

    Raises:
        OSError: A file cannot be written.
    """
    folder = Path(folder)
    (folder / 'masks').mkdir(parents=True, exist_ok=True)
    sizes: list[Size] = np.reshape(np.asarray(size), (-1, 2)).tolist()
    for i in range(n):
        height, width = sizes[i % len(sizes)]
        rng = np.random.default_rng([seed, i])
        person = toy_person((height, width), rng)
        write_photo(folder / 'images' / f'{i:04d}{suffix}', person.image)
        path = folder / 'masks' / f'{i:04d}.png'
        if not cv2.imwrite(str(path), person.mask):
            raise OSError(f'could not write {path}')
    (folder / 'labels.json').write_text(json.dumps(dict(classes=[*PARTS])))
    return folder


class _Body:
    """Proportions and pose; lengths in px."""

    def __init__(self, size: Size, rng: np.random.Generator) -> None:
        height, width = size
        self._y, self._x = np.mgrid[:height, :width] + 0.5
        tall = min(rng.uniform(0.78, 0.95) * height, 2.3 * width)
        free = height - tall
        self.top = free * rng.uniform(0.2, 0.8)
        self.middle = width * rng.uniform(0.45, 0.55)
        self.head = tall * rng.uniform(0.065, 0.085)  # half its height
        self.neck = self.top + 1.9 * self.head
        self.hip = self.neck + tall * rng.uniform(0.3, 0.38)
        self.foot = self.top + tall
        self.shoulder = tall * rng.uniform(0.085, 0.12)  # half its width
        self.waist = self.shoulder * rng.uniform(0.65, 0.95)
        self.limb = tall * rng.uniform(0.026, 0.036)  # half its width
        self.lean = tall * rng.uniform(-0.03, 0.03)  # of the neck
        self.arms = rng.uniform(0.0, 0.45, 2)  # angles off the body, rad
        self.stride = tall * rng.uniform(0.01, 0.09, 2)
        self.bald = rng.random() < 0.15

    def depths(self) -> tuple[np.ndarray, ...]:
        """Return how deep px lie in the lower, upper body, head, hair."""
        neck = self.middle + self.lean
        upper = self._trunk(neck)
        lower = np.full_like(upper, -np.inf)
        for side, arm, step in zip((-1, 1), self.arms, self.stride):
            reach = 0.9 * (self.hip - self.neck)
            start = (self.neck + self.limb, neck + side * self.shoulder)
            end = (
                start[0] + reach * np.cos(arm),
                start[1] + side * reach * np.sin(arm),
            )
            upper = np.maximum(upper, self._rod(start, end, self.limb))
            hip = (self.hip, self.middle + side * 0.5 * self.waist)
            foot = (self.foot - self.limb, hip[1] + side * step)
            lower = np.maximum(lower, self._rod(hip, foot, 1.4 * self.limb))
        centre = self.top + self.head
        head = self._ellipse(centre, neck, self.head, 0.8 * self.head)
        hair = np.minimum(head, centre - 0.25 * self.head - self._y)
        if self.bald:
            hair = np.full_like(head, -1)
        return lower, upper, head, hair

    def _trunk(self, neck: float) -> np.ndarray:
        down = np.clip(
            (self._y - self.neck) / (self.hip - self.neck), 0.0, 1.0
        )
        centre = neck + down * (self.middle - neck)
        half = self.shoulder + down * (self.waist - self.shoulder)
        side = half - abs(self._x - centre)
        return np.minimum(
            side, np.minimum(self._y - self.neck, self.hip - self._y)
        )

    def _rod(
        self, start: tuple[float, float], end: tuple[float, float], half: float
    ) -> np.ndarray:
        dy, dx = end[0] - start[0], end[1] - start[1]
        y, x = self._y - start[0], self._x - start[1]
        along = np.clip((y * dy + x * dx) / (dy * dy + dx * dx), 0.0, 1.0)
        return half - np.hypot(y - along * dy, x - along * dx)

    def _ellipse(
        self, row: float, col: float, half_h: float, half_w: float
    ) -> np.ndarray:
        y, x = (self._y - row) / half_h, (self._x - col) / half_w
        return (1 - np.hypot(y, x)) * half_w


def _paint(image: np.ndarray, depth: np.ndarray, surface: np.ndarray) -> None:
    """Cover what lies inside, with an edge one pixel soft."""
    share = np.clip(depth + 0.5, 0, 1)[..., None]
    image += share * (surface - image)


def _cloth(
    size: Size, colour: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw a surface of a colour with a pattern, (H, W, 3)."""
    surface = colour + 0.25 * clouds(size, rng)
    y, x = np.mgrid[: size[0], : size[1]]
    period = rng.uniform(0.04, 0.12) * size[0]
    pattern = _PATTERNS[rng.integers(len(_PATTERNS))]
    waves = [np.sin(2 * np.pi * axis / period) for axis in (y, x)]
    if pattern == 'cloth':
        return surface + 0.5 * clouds(size, rng)
    wave = dict(
        plain=0 * waves[0],
        stripes=np.sign(waves[0]),
        bars=np.sign(waves[1]),
        checks=np.sign(waves[0] * waves[1]),
    )[pattern]
    return surface + 0.5 * wave[..., None]


def _far_colour(
    taken: Sequence[np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """Draw the colour farthest from others of a few, (3,)."""
    drawn = rng.uniform(-2, 2, (6, 3))
    far = np.linalg.norm(drawn[:, None] - np.array(taken), axis=-1).min(1)
    return drawn[far.argmax()]
