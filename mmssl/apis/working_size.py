"""From an image of any size to what a network takes, and back again.

The image is resized, then padded to whole strides; arrows go the same way,
and the flow comes back to the pixels, and in the pixels, of the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Union

import numpy as np
import torch
import torch.nn.functional as F
from mmengine.config import Config
from numpy.typing import ArrayLike, NDArray

from mmssl.datasets.transforms import geometry
from mmssl.datasets.transforms.geometry import HW

# (x, y, dx, dy) each; None or an empty list: no guidance.
Arrows = Union[ArrayLike, Sequence[Sequence[float]], None]
# Strides of all backbones divide this.
MULTIPLE = 32


@dataclass(frozen=True)
class WorkingSize:
    """Sizes of one image on its way through a network.

    Attributes:
        image_hw: The user's image, px.
        resized_hw: After the resize, px of the network.
        padded_hw: After the padding.

    Example:
        >>> size = plan_size((300, 450), short_size=128)
        >>> size.resized_hw, size.padded_hw
        ((128, 192), (128, 192))
        >>> size.guidance([[0, 0, 9, 0]])[1].round(2)
        array([[3.84, 0.  ]], dtype=float32)
    """

    image_hw: HW
    resized_hw: HW
    padded_hw: HW

    @property
    def scale(self) -> NDArray[np.float64]:
        """Network px for one px of the image, (x, y)."""
        (h, w), (rows, cols) = self.resized_hw, self.image_hw
        return np.array([w / cols, h / rows])

    @property
    def corner(self) -> HW:
        """Row and column of the resized image in the padded one."""
        border = geometry.crop_padding(self.resized_hw, self.padded_hw)
        return border[0], border[2]

    def image(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Resize (Pillow's bicubic) and pad (centred, black), as in training.

        Args:
            image: (H, W, 3) uint8 of ``image_hw``.

        Returns:
            (h, w, 3) uint8 of ``padded_hw``.
        """
        if self.resized_hw != self.image_hw:
            image = geometry.resize_image(image, self.resized_hw)
        border = geometry.crop_padding(self.resized_hw, self.padded_hw)
        return np.ascontiguousarray(geometry.pad(image, border))

    def guidance(
        self, arrows: Arrows
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Turn arrows into guidance of the network.

        An arrow begins in the pixel that its fraction is cut to, as
        published, and goes to the network's pixel that holds the centre of
        this one. Where two fall into one pixel, the last is kept.

        Args:
            arrows: (K, 4): x, y, dx, dy in px of the image.

        Returns:
            Points (K, 2), row and column; vectors (K, 2), u and v, px of the
            network.

        Raises:
            ValueError: See :func:`checked_arrows`.
        """
        table = checked_arrows(arrows, self.image_hw)
        cells = np.floor((np.floor(table[:, :2]) + 0.5) * self.scale)
        cells = np.minimum(cells, np.array(self.resized_hw[::-1]) - 1)
        points = cells[:, ::-1].astype(np.int64) + np.array(self.corner)
        vectors = (table[:, 2:] * self.scale).astype(np.float32)
        places = {tuple(p): i for i, p in enumerate(points.tolist())}
        kept = sorted(places.values())
        return points[kept], vectors[kept]

    def flow(self, flow: NDArray[np.float32]) -> NDArray[np.float32]:
        """Bring a network's flow back to the image.

        Bilinear between pixel centres, as the image was resized (averaging
        where the flow is made smaller); vectors are rescaled with it.

        Args:
            flow: (h, w, 2) float32 of ``padded_hw``, px of the network.

        Returns:
            (H, W, 2) float32 of ``image_hw``, px of the image.
        """
        (top, left), (h, w) = self.corner, self.resized_hw
        flow = flow[top : top + h, left : left + w]
        if self.resized_hw != self.image_hw:
            flow = resize_map(flow, self.image_hw)
            flow = flow / self.scale.astype(np.float32)
        return np.ascontiguousarray(flow)


def plan_size(
    image_hw: HW,
    short_size: int | None = None,
    long_size: int | None = None,
    multiple: int = MULTIPLE,
) -> WorkingSize:
    """Choose the size at which a network sees an image.

    Args:
        image_hw: Height and width of the image.
        short_size: The shorter side becomes this long; None leaves it.
        long_size: Where the longer side would become longer than this, it
            becomes this long instead; None: no limit.
        multiple: Sides are padded to multiples of this.

    Returns:
        The sizes.

    Raises:
        ValueError: A size below 1.
    """
    image_hw = image_hw[0], image_hw[1]
    resized = image_hw
    if short_size is not None:
        resized = geometry.resized_hw(image_hw, short_size=short_size)
    if long_size is not None and max(resized) > long_size:
        resized = geometry.resized_hw(image_hw, long_size=long_size)
    high, wide = (-(-side // multiple) * multiple for side in resized)
    return WorkingSize(image_hw, resized, (high, wide))


def checked_arrows(
    arrows: Arrows, image_hw: HW, name: str = 'arrow'
) -> NDArray[np.float64]:
    """Return arrows as a table, or say what is wrong with them.

    Args:
        arrows: Rows of x, y, dx, dy in px: x to the right, y down, (0, 0) the
            pixel top left; None or empty: no arrow.
        image_hw: Height and width of their image.
        name: What they are, for the message.

    Returns:
        (K, 4) float64.

    Raises:
        ValueError: Another shape, a number that is not finite, or an arrow
            that begins outside the image.
    """
    table = np.asarray([] if arrows is None else arrows, dtype=np.float64)
    if table.size == 0:
        return np.empty((0, 4))
    if table.ndim != 2 or table.shape[1] != 4:
        raise ValueError(
            'arrows must be a list of (x, y, dx, dy), one for each arrow, '
            f'got the shape {table.shape}'
        )
    if not np.isfinite(table).all():
        raise ValueError('arrows must be finite numbers')
    height, width = image_hw
    inside = (table[:, :2] >= 0).all(1)
    inside &= (table[:, 0] < width) & (table[:, 1] < height)
    if not inside.all():
        number = int(np.argmin(inside))
        x, y = table[number, :2]
        raise ValueError(
            f'{name} {number} at x={x:g}, y={y:g} is outside the image of '
            f'{width} x {height} px'
        )
    return table


def resize_map(values: NDArray[Any], hw: HW) -> NDArray[np.float32]:
    """Resize a map bilinearly between pixel centres, antialiased.

    Args:
        values: (H, W, C) float.
        hw: New height and width.

    Returns:
        (h, w, C) float32; values are not rescaled.
    """
    planes = torch.from_numpy(
        np.ascontiguousarray(values.transpose(2, 0, 1), dtype=np.float32)
    )
    resized = F.interpolate(
        planes[None],
        size=tuple(hw),
        mode='bilinear',
        align_corners=False,
        antialias=True,
    )
    return resized[0].permute(1, 2, 0).contiguous().numpy()


def pipeline_sizes(config: Config) -> tuple[int | None, int | None]:
    """Return the sizes that a config validates at.

    Args:
        config: A training config.

    Returns:
        Length of the shorter side after the resize, and side of the crop;
        None where its validation pipeline has no such step.
    """
    short: int | None = None
    crop: int | None = None
    loader = config.get('val_dataloader') or {}
    for step in loader.get('dataset', {}).get('pipeline', ()):
        kind = str(step['type']).split('.')[-1]
        if kind in ('ResizeImageFlow', 'ResizeCropImageFlow'):
            short = step.get('short_size', short)
        if kind in ('CropImageFlow', 'ResizeCropImageFlow'):
            size = step['size']
            crop = size if isinstance(size, int) else min(size)
    return short, crop
