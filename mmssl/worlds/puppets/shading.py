"""From pieces to colours: patterns, light, and the camera's look."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mmssl.worlds.puppets.atlas import Atlas
from mmssl.worlds.puppets.camera import CameraLook, Lighting
from mmssl.worlds.puppets.geometry import Geometry
from mmssl.worlds.puppets.shadows import shadow_mask
from mmssl.worlds.puppets.stage import LAYERS
from mmssl.worlds.puppets.table import PieceTable

Array = NDArray[np.float64]
Float = NDArray[np.float32]
_NOISE_SIDE = 640
_BYTE = 256  # values of one


def pixel_grid(size_hw: tuple[int, ...]) -> tuple[Float, Float]:
    """Return x, (W,), and y, (H, 1), of all pixels, float32 px."""
    x = np.arange(size_hw[1], dtype=np.float32)
    return x, np.arange(size_hw[0], dtype=np.float32)[:, None]


def piece_numbers(ids: NDArray[np.int16], pieces: int) -> NDArray[Any]:
    """Return ids as the type that :func:`pick` is fastest with."""
    return ids.astype(np.uint8 if pieces <= _BYTE else np.intp)


def pick(values: Array, ids: NDArray[Any]) -> Float:
    """Return for each pixel the value of its piece, float32.

    Args:
        values: (P,).
        ids: (H, W) of :func:`piece_numbers`.
    """
    if ids.dtype == np.uint8:
        table = np.zeros((1, _BYTE), np.float32)
        table[0, : len(values)] = values
        return cv2.LUT(ids, table)
    # mode: every id is valid, and unchecked look-ups are faster.
    return np.take(values.astype(np.float32), ids, mode='clip')


def look_up(
    maps: Array, ids: NDArray[Any], grid: tuple[Float, Float]
) -> Float:
    """Apply to each pixel the affine function of its piece.

    Args:
        maps: (P, 3) factors of x and y, and what is added.
        ids: (H, W) of :func:`piece_numbers`.
        grid: Of :func:`pixel_grid`.

    Returns:
        (H, W) float32.
    """
    per_x, per_y, constant = (pick(column, ids) for column in maps.T)
    per_x *= grid[0]
    per_y *= grid[1]
    per_x += per_y
    per_x += constant
    return per_x


def texture_maps(table: PieceTable, placed: Geometry, frame: Array) -> Array:
    """Return the maps of pixels into the atlas, (P, 2, 3).

    Args:
        table: P pieces.
        placed: In the image.
        frame: (4, 2) corners of the image, px.
    """
    density = table.density[:, None]
    cos, sin = table.spin[:, :1], table.spin[:, 1:]
    u, v = placed.surface[:, 0] * density, placed.surface[:, 1] * density
    maps = np.stack([cos * u - sin * v, sin * u + cos * v], axis=1)
    maps[..., 2] += table.phase
    outlines = placed.outlines.copy()
    outlines[-LAYERS:] = np.resize(frame, (LAYERS, outlines.shape[1], 2))
    reached = outlines @ maps[..., :2].transpose(0, 2, 1)
    low = reached.min(1) + maps[..., 2] - 1
    period = table.period[:, None]
    maps[..., 2] += table.corner - period * np.floor(low / period)
    return maps


def paint(
    ids: NDArray[Any],
    table: PieceTable,
    placed: Geometry,
    sheet: Atlas,
    light: Lighting,
    shadows: Array,
) -> Float:
    """Return the colours of a scene, (3, H, W) float32, 0 to above 255."""
    height, width = ids.shape
    grid = pixel_grid((height, width))
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]])
    maps = texture_maps(table, placed, corners.astype(float))
    u, v = (look_up(maps[:, i], ids, grid) for i in (0, 1))
    texture = cv2.remap(sheet.texture, u, v, cv2.INTER_LINEAR)
    first, second = (c.astype(np.float32) for c in cv2.split(texture))
    shade = _shade(ids, table, placed, grid, light)
    if light.shadow > 0 and len(shadows):
        left = shadow_mask(shadows, light, ids.shape)
        np.multiply(shade, left, out=shade, where=ids == len(table.owner) - 1)
    ground, *added = table.colours.transpose(1, 2, 0) / [
        [[1]],
        [[255]],
        [[255]],
    ]
    out = np.empty((3, height, width), np.float32)
    for channel, plane in enumerate(out):
        np.multiply(pick(added[0][channel], ids), first, out=plane)
        more = pick(added[1][channel], ids)
        more *= second
        plane += more
        plane += pick(ground[channel], ids)
        plane *= shade
    return out


def _shade(
    ids: NDArray[Any],
    table: PieceTable,
    placed: Geometry,
    grid: tuple[Float, Float],
    light: Lighting,
) -> Float:
    """Darken round pieces towards the side away from the light."""
    maps = placed.surface[:, 2].copy()
    maps[:, 2] -= 0.5 * light.side
    depth = light.strength * table.shade
    maps *= np.sqrt(0.5 * depth)[:, None]
    shade = look_up(maps, ids, grid)
    np.multiply(shade, shade, out=shade)
    np.subtract(1.0, shade, out=shade)
    np.maximum(shade, 0.35, out=shade)
    width = ids.shape[1]
    across = light.across * (np.arange(width) / width - 0.5)
    shade *= (1 + across).astype(np.float32)
    return shade


def develop(
    colours: Float, look: CameraLook, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Let a camera take the picture of (3, H, W) colours, (H, W, 3) uint8."""
    planes = []
    for plane, curve in zip(colours, look.curve().T):
        seen = cv2.convertScaleAbs(plane)
        if look.blur > 0:
            seen = cv2.GaussianBlur(seen, (3, 3), look.blur)
        planes.append(cv2.LUT(seen, curve))
    image = cv2.merge(planes)
    if look.noise > 0:
        noise = _noise(rng, image.shape[:2])
        gain = look.noise / 32
        image = cv2.addWeighted(image, 1, noise, gain, -128 * gain)
    return image


def _noise(
    rng: np.random.Generator, size_hw: tuple[int, ...]
) -> NDArray[np.uint8]:
    """Return noise of deviation 32 around 128, a random cut of a sheet."""
    sheet = _noise_sheet()
    repeats = [-(-side // (_NOISE_SIDE // 2)) for side in size_hw]
    if max(repeats) > 1:
        sheet = np.tile(sheet, (*repeats, 1))
    top, left = rng.integers(0, _NOISE_SIDE // 2, 2)
    return sheet[top : top + size_hw[0], left : left + size_hw[1]]


@lru_cache(maxsize=1)
def _noise_sheet() -> NDArray[np.uint8]:
    rng = np.random.default_rng(13)
    noise = rng.normal(128, 32, (_NOISE_SIDE, _NOISE_SIDE, 3))
    return np.clip(np.rint(noise), 0, 255).astype(np.uint8)
