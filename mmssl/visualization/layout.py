"""Captions, legends and grids: small pictures put together into one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

_BACKGROUND = (255, 255, 255)
_INK = (30, 30, 30)
_FRAME = 190
GAP_PX = 6


def enlarge(image: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Repeat each pixel ``factor`` times in both directions.

    Args:
        image: (H, W, 3) uint8.
        factor: Whole number >= 1.

    Returns:
        (factor H, factor W, 3) uint8.
    """
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def add_caption(
    image: NDArray[np.uint8],
    text: str,
    legend: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Put a frame around an image, and a line of text and a legend above it.

    Args:
        image: (H, W, 3) uint8 RGB.
        text: Caption; cut with dots where it does not fit.
        legend: (h, w, 3) uint8 RGB; left out where it leaves no room.

    Returns:
        (strip + H + 2, W + 2, 3) uint8 RGB; the strip is
        :func:`caption_height` high, the frame 1 px wide.
    """
    # Zero flow is white: without a frame it would run into the gap.
    image = add_frame(image)
    width = image.shape[1]
    strip = Image.new('RGB', (width, caption_height(width)), _BACKGROUND)
    room = width
    if legend is not None and legend.shape[1] <= 0.45 * width:
        room -= legend.shape[1] + 4
        top = (strip.height - legend.shape[0]) // 2
        strip.paste(Image.fromarray(legend), (width - legend.shape[1], top))
    draw_text(strip, (2, strip.height // 2), text, room - 4, anchor='lm')
    return np.concatenate([np.asarray(strip), image])


def add_frame(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put a thin grey line around an image.

    Args:
        image: (H, W, 3) uint8 RGB.

    Returns:
        (H + 2, W + 2, 3) uint8 RGB.
    """
    return np.pad(image, ((1, 1), (1, 1), (0, 0)), constant_values=_FRAME)


def text_line(text: str, width: int) -> NDArray[np.uint8]:
    """Write one line of text on a white strip.

    Args:
        text: What to write; cut with dots where it does not fit.
        width: px.

    Returns:
        (h, width, 3) uint8 RGB, as high as a caption.
    """
    strip = Image.new('RGB', (width, caption_height(width)), _BACKGROUND)
    draw_text(strip, (2, strip.height // 2), text, width - 4)
    return np.asarray(strip)


def caption_height(width: int) -> int:
    """Return the height of the caption of an image this wide, px."""
    return 20 if width < 360 else 26


def draw_text(
    image: Image.Image,
    xy: tuple[float, float],
    text: str,
    room: float,
    anchor: str = 'lm',
    size: int | None = None,
) -> None:
    """Write one line of text on an image, in place.

    Args:
        image: PIL image, RGB.
        xy: Anchor point, px.
        text: What to write; cut with dots to fit ``room``.
        room: Width there is for the text, px.
        anchor: Pillow's code, 'lm' = left middle.
        size: Height of the letters, px; None: by the image's height.
    """
    font = _font(size or round(0.58 * image.height))
    draw = ImageDraw.Draw(image)
    short = text
    while short and draw.textlength(short, font=font) > room:
        short = short[:-4] + '...' if len(short) > 4 else ''
    draw.text(xy, short, fill=_INK, font=font, anchor=anchor)


def color_bar(
    colors: NDArray[np.uint8], low: str, high: str, height: int = 14
) -> NDArray[np.uint8]:
    """Draw a horizontal scale with a label at each end.

    Args:
        colors: (n, 3) uint8 RGB from low to high.
        low: Label of the first colour.
        high: Label of the last one.
        height: px.

    Returns:
        (height, w, 3) uint8 RGB.
    """
    bar_width = 5 * height
    bar = colors[np.arange(bar_width) * len(colors) // bar_width]
    bar = np.broadcast_to(bar, (height - 4, bar_width, 3))
    left, right = (label_image(text, height) for text in (low, high))
    canvas = Image.new(
        'RGB',
        (left.shape[1] + bar_width + right.shape[1] + 6, height),
        _BACKGROUND,
    )
    canvas.paste(Image.fromarray(left), (0, 0))
    canvas.paste(
        Image.fromarray(np.ascontiguousarray(bar)), (left.shape[1] + 3, 2)
    )
    canvas.paste(Image.fromarray(right), (left.shape[1] + bar_width + 6, 0))
    return np.asarray(canvas)


def label_image(
    text: str, height: int, size: int | None = None
) -> NDArray[np.uint8]:
    """Return one line of text as an image just wide enough for it.

    Args:
        text: What to write.
        height: px.
        size: Height of the letters, px; None: to fill the height.

    Returns:
        (height, w, 3) uint8 RGB.
    """
    size = size or round(0.85 * height)
    probe = ImageDraw.Draw(Image.new('RGB', (1, 1)))
    width = int(np.ceil(probe.textlength(text, font=_font(size)))) + 2
    canvas = Image.new('RGB', (max(width, 1), height), _BACKGROUND)
    draw_text(canvas, (1, height / 2), text, width, size=size)
    return np.asarray(canvas)


def stack(
    images: Sequence[NDArray[np.uint8]], axis: int, gap: int = GAP_PX
) -> NDArray[np.uint8]:
    """Put images in a row (axis 1) or a column (axis 0).

    Args:
        images: (H, W, 3) uint8 each; shorter ones are filled up with white.
        axis: 0 or 1.
        gap: White space between them, px.

    Returns:
        (H', W', 3) uint8.

    Raises:
        ValueError: No image.

    Example:
        >>> tiles = [np.zeros((4, 5, 3), np.uint8)] * 2
        >>> stack(tiles, axis=1, gap=1).shape
        (4, 11, 3)
    """
    if not images:
        raise ValueError('stack needs at least one image, got none')
    across = 1 - axis
    extent = max(image.shape[across] for image in images)
    parts = []
    for n, image in enumerate(images):
        if n:
            parts.append(_white(gap, extent, axis))
        fill = extent - image.shape[across]
        white = _white(fill, image.shape[axis], across)
        parts.append(np.concatenate([image, white], axis=across))
    return np.concatenate(parts, axis=axis)


def _white(along: int, across: int, axis: int) -> NDArray[np.uint8]:
    """Return white of size ``along`` on ``axis``, ``across`` on the other."""
    shape = (along, across) if axis == 0 else (across, along)
    return np.full((*shape, 3), 255, dtype=np.uint8)


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """Return Pillow's own font; before 10.1 it has one size only."""
    try:
        return ImageFont.load_default(size=size)
    except TypeError:
        return ImageFont.load_default()
