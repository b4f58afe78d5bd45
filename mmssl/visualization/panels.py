"""Panels: image with guidance, target, prediction and error side by side."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mmssl.evaluation.flow import end_point_error_map
from mmssl.visualization.error_map import (
    error_limit,
    error_to_rgb,
    heat_colors,
)
from mmssl.visualization.flow_color import (
    flow_radius,
    flow_to_rgb,
    wheel_disc,
)
from mmssl.visualization.guidance import (
    arrow_gain,
    draw_guidance,
    draw_guidance_map,
)
from mmssl.visualization.layout import (
    add_caption,
    caption_height,
    color_bar,
    enlarge,
    label_image,
    stack,
)

# Smaller images are enlarged by a whole factor, or the captions do not fit.
_MIN_TILE_PX = 224


def guidance_tile(
    image: NDArray[np.uint8],
    points: ArrayLike,
    vectors: ArrayLike,
    title: str = 'guidance',
) -> NDArray[np.uint8]:
    """Draw the image with its guidance, captioned.

    Args:
        image: (H, W, 3) uint8 RGB.
        points: (K, 2), (row, col).
        vectors: (K, 2), (u, v) px.
        title: First words of the caption.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    tile, gain = with_arrows(image, points, vectors)
    count = len(np.asarray(points))
    text = f'{title}: {count} point' + 's' * (count != 1)
    if gain > 1:
        text += f', arrows x{gain}'
    return add_caption(tile, text)


def with_arrows(
    image: NDArray[np.uint8], points: ArrayLike, vectors: ArrayLike
) -> tuple[NDArray[np.uint8], int]:
    """Enlarge an image if it is small, and draw guidance on it.

    Args:
        image: (H, W, 3) uint8 RGB.
        points: (K, 2), (row, col).
        vectors: (K, 2), (u, v) px.

    Returns:
        (h, w, 3) uint8 RGB, and the factor on the length of the arrows.
    """
    factor = tile_factor(image.shape[:2])
    large = enlarge(image, factor)
    vectors = np.asarray(vectors, dtype=float).reshape(-1, 2)
    gain = arrow_gain(factor * vectors, min(large.shape[:2]))
    tile = draw_guidance(
        large,
        _enlarged_points(points, factor),
        vectors,
        gain * factor,
        radius=flow_radius(vectors[:, None]),
    )
    return tile, gain


def flow_tile(
    flow: NDArray, title: str, radius: float | None = None
) -> NDArray[np.uint8]:
    """Draw a flow field with the colour wheel as legend.

    Args:
        flow: (H, W, 2) px.
        title: Caption.
        radius: Speed at the wheel's rim, px; None: by the flow.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    if radius is None:
        radius = flow_radius(flow)
    tile = enlarge(flow_to_rgb(flow, radius), tile_factor(flow.shape[:2]))
    return add_caption(tile, title, wheel_legend(radius, tile.shape[1]))


def wheel_legend(radius: float, width: int) -> NDArray[np.uint8]:
    """Draw the colour wheel with the speed at its rim.

    Args:
        radius: Speed at the rim, px.
        width: Width of the tile that gets the legend, px.

    Returns:
        (h, w, 3) uint8 RGB, to be put into the caption.
    """
    height = caption_height(width) - 2
    label = label_image(f'{radius:.1f} px', height, height - 7)
    return stack([label, wheel_disc(height)], axis=1, gap=2)


def error_tile(
    pred: NDArray,
    gt: NDArray,
    title: str = 'error',
    limit: float | None = None,
) -> NDArray[np.uint8]:
    """Draw the end-point errors with their mean and a scale.

    Args:
        pred: (H, W, 2) px.
        gt: (H, W, 2) px.
        title: First word of the caption.
        limit: End of the scale, px; None: the 99th percentile, rounded up.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    error = end_point_error_map(pred, gt)
    if limit is None:
        limit = error_limit(error)
    tile = enlarge(error_to_rgb(error, limit), tile_factor(error.shape))
    known = error[~np.isnan(error)]
    mean = f'{known.mean():.2f} px' if known.size else 'unknown'
    legend = color_bar(heat_colors(), '0', f'{limit:g} px')
    return add_caption(tile, f'{title}: mean {mean}', legend)


def flow_panel(
    image: NDArray[np.uint8],
    points: ArrayLike,
    vectors: ArrayLike,
    gt: NDArray,
    pred: NDArray,
) -> NDArray[np.uint8]:
    """Show one prediction: guidance, target flow, predicted flow, error.

    Target and prediction share one colour scale, that of the target; where
    the prediction is faster it is darker.

    Args:
        image: (H, W, 3) uint8 RGB.
        points: (K, 2), (row, col).
        vectors: (K, 2), (u, v) px.
        gt: (H, W, 2) target flow, px.
        pred: (H, W, 2) predicted flow, px.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    radius = flow_radius(gt)
    return stack(
        [
            guidance_tile(image, points, vectors),
            flow_tile(gt, 'target flow', radius),
            flow_tile(pred, 'predicted flow', radius),
            error_tile(pred, gt),
        ],
        axis=1,
    )


def input_panel(
    image: NDArray[np.uint8],
    points: ArrayLike,
    vectors: ArrayLike,
    gt: NDArray,
    title: str = 'guidance',
) -> NDArray[np.uint8]:
    """Show what the network gets: image with guidance, flow, guidance map.

    Args:
        image: (H, W, 3) uint8 RGB.
        points: (K, 2), (row, col).
        vectors: (K, 2), (u, v) px.
        gt: (H, W, 2) target flow, px.
        title: First words of the first caption.

    Returns:
        (h, w, 3) uint8 RGB.
    """
    radius = flow_radius(gt)
    factor = tile_factor(image.shape[:2])
    dots = draw_guidance_map(
        _enlarged_points(points, factor),
        vectors,
        (factor * image.shape[0], factor * image.shape[1]),
        radius,
    )
    return stack(
        [
            guidance_tile(image, points, vectors, title),
            flow_tile(gt, 'target flow', radius),
            add_caption(dots, 'guidance map'),
        ],
        axis=1,
    )


def tile_factor(shape_hw: tuple[int, ...]) -> int:
    """Return the whole factor that makes an image large enough to read.

    Args:
        shape_hw: Height and width, px.

    Returns:
        Factor >= 1.

    Example:
        >>> tile_factor((96, 128)), tile_factor((384, 384))
        (3, 1)
    """
    return max(1, -(-_MIN_TILE_PX // min(shape_hw)))


def _enlarged_points(points: ArrayLike, factor: int) -> NDArray:
    """Map points to the enlarged image; pixel centres stay centres."""
    return (np.asarray(points).reshape(-1, 2) + 0.5) * factor - 0.5
