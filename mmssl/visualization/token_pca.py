"""Token features as colours, the same ones at every lambda."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmssl.visualization.layout import add_caption, stack
from mmssl.visualization.part_overlay import (
    cells_to_pixels,
    check_same_number,
    grid,
    tile,
)

_PERCENTILES = (2, 98)
_UPRIGHT = 0.1  # least correlation with the row that counts


class TokenColors(NamedTuple):
    """Maps of features as colours.

    Attributes:
        colors: N (L, h, w, 3) uint8: the first three principal components
            as red, green, blue.
        explained: (L, 3) share of the features' variance at each lambda
            that the components hold.
    """

    colors: list[NDArray[np.uint8]]
    explained: NDArray[np.float64]


def token_colors(maps: Sequence[ArrayLike]) -> TokenColors:
    """Colour feature maps by one set of principal components.

    The mean of each lambda's tokens is taken off (or the first component
    would be lambda itself); what is left of all images and lambdas has one
    principal component analysis, and one scale for each component. So a
    colour means the same everywhere: where the maps of one lambda are paler,
    its features vary less along these components.

    A component's sign is that by which it grows downwards in the images; one
    that does neither, that by which its distribution has the longer tail
    above. Both are told by what is seen, not by the network's channels.

    Args:
        maps: Of N images (L, C, h, w) features at the same L lambdas; h and
            w may differ.

    Returns:
        Colours and shares.

    Raises:
        ValueError: No image, fewer than 2 tokens, other shapes, or numbers
            that are not finite.
    """
    arrays = _checked(maps)
    tokens = [_tokens(array) for array in arrays]  # (L, h * w, C)
    means = np.concatenate(tokens, axis=1).mean(1, keepdims=True)
    centred = [part - means for part in tokens]
    every = np.concatenate(centred, axis=1)  # (L, T, C)
    axes = _components(every.reshape(-1, every.shape[-1]))
    rows = np.concatenate([_rows(a.shape[-2:]) for a in arrays])
    values = every @ axes.T  # (L, T, 3)
    signs = np.array(
        [
            _sign(values[..., k].ravel(), np.tile(rows, len(values)))
            for k in range(3)
        ]
    )
    low, high = np.percentile(values * signs, _PERCENTILES, axis=(0, 1))
    span = np.where(high - low > 1e-12, high - low, 1)
    colors = []
    for array, part in zip(arrays, centred):
        shares = np.clip((part @ axes.T * signs - low) / span, 0, 1)
        shape = (len(array), *array.shape[-2:], 3)
        colors.append((255 * shares).round().astype(np.uint8).reshape(shape))
    total = np.maximum((every**2).sum((1, 2)), 1e-12)
    return TokenColors(colors, (values**2).sum(1) / total[:, None])


def token_pca_panel(
    images: Sequence[NDArray[np.uint8]],
    maps: Sequence[ArrayLike],
    semantic_weights: Sequence[float | None],
    columns: int = 2,
) -> NDArray[np.uint8]:
    """Draw images beside their coloured features at several lambdas.

    Args:
        images: N (H, W, 3) uint8 RGB.
        maps: N (L, C, h, w), see :func:`token_colors`.
        semantic_weights: The L lambdas, for the captions; None: the
            backbone has none.
        columns: Images side by side.

    Returns:
        (h', w', 3) uint8 RGB.

    Raises:
        ValueError: Numbers differ; see :func:`token_colors`.
    """
    check_same_number(images, maps=maps)
    found = token_colors(maps)
    if len(found.explained) != len(semantic_weights):
        raise ValueError(
            f'maps at {len(found.explained)} lambdas, but '
            f'{len(semantic_weights)} semantic_weights'
        )
    parts = [
        [add_caption(tile(image), f'{n}') for n, image in enumerate(images)]
    ]
    for place, weight in enumerate(semantic_weights):
        share = f'{100 * found.explained[place].sum():.0f} %'
        name = 'features' if weight is None else f'lambda {weight:g}'
        parts.append(
            [
                add_caption(
                    tile(cells_to_rgb(colors[place], image.shape[:2])),
                    f'{name}: {share}',
                )
                for image, colors in zip(images, found.colors)
            ]
        )
    rows = [stack(row, axis=1, gap=2) for row in zip(*parts)]
    return grid(rows, columns)


def cells_to_rgb(
    colors: NDArray[np.uint8], hw: Sequence[int]
) -> NDArray[np.uint8]:
    """Repeat coloured cells to the size of an image.

    Args:
        colors: (h, w, 3) uint8.
        hw: H and W.
    """
    number = np.arange(colors[..., 0].size).reshape(colors.shape[:2])
    return colors.reshape(-1, 3)[cells_to_pixels(number, hw)]


def _checked(maps: Sequence[ArrayLike]) -> list[NDArray[np.float64]]:
    """Return maps as arrays, or say what is wrong with them."""
    arrays = [np.asarray(one, np.float64) for one in maps]
    shapes = [array.shape for array in arrays]
    if not arrays or any(len(s) != 4 for s in shapes):
        raise ValueError(
            'maps must be (L, C, h, w) of each of one or more images, got '
            f'{shapes}'
        )
    if len({s[:2] for s in shapes}) > 1:
        raise ValueError(
            f'all images need the same lambdas and channels, got {shapes}'
        )
    if sum(s[2] * s[3] for s in shapes) < 2:
        raise ValueError('one token alone has no components')
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError('features hold nan or inf')
    return arrays


def _tokens(array: NDArray) -> NDArray:
    """Return (L, h * w, C) of (L, C, h, w)."""
    flat = array.reshape(*array.shape[:2], -1)
    return flat.transpose(0, 2, 1)


def _rows(hw: tuple[int, ...]) -> NDArray[np.float64]:
    """Return how far down each token of a map is, -1 .. 1."""
    down = (np.arange(hw[0]) + 0.5) / hw[0] * 2 - 1
    return np.repeat(down, hw[1])


def _components(tokens: NDArray) -> NDArray:
    """Return the first three principal axes (3, C) of centred (T, C)."""
    count, channels = tokens.shape
    if count < channels:  # the smaller of the two products
        values, vectors = np.linalg.eigh(tokens @ tokens.T)
        axes = vectors[:, ::-1][:, :3].T @ tokens
        scale = np.sqrt(np.maximum(values[::-1][:3], 1e-30))[:, None]
        axes = np.where(scale > 1e-9, axes / scale, 0)
    else:
        _, vectors = np.linalg.eigh(tokens.T @ tokens)
        axes = vectors[:, ::-1][:, :3].T
    missing = 3 - len(axes)
    return np.concatenate([axes, np.zeros((missing, channels))])


def _sign(values: NDArray, rows: NDArray) -> float:
    """Return 1 or -1: the direction in which a component is shown."""
    scale = np.linalg.norm(values) * np.linalg.norm(rows)
    down = values @ rows / scale if scale > 0 else 0.0
    if abs(down) < _UPRIGHT:
        down = float((values**3).sum())
    return -1.0 if down < 0 else 1.0
