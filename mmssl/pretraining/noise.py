"""Batches of noise, of the form that a data loader gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmpretrain.structures import DataSample

# Guidance points of a sample; their number hardly matters.
_POINTS = 16


def flow_noise(batch: int, size: int) -> dict[str, Any]:
    """Return images with guidance and flow, as CMP takes them.

    Args:
        batch: Samples.
        size: Side of the images, px.
    """
    source = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=source)

    samples = [DataSample() for _ in range(batch)]
    for sample in samples:
        sample.set_field(draw(2, size, size), 'gt_flow')
    points = torch.randint(size, (batch, _POINTS, 2), generator=source)
    return dict(
        inputs=dict(
            img=[(draw(3, size, size) * 50 + 128).byte() for _ in samples],
            guidance_points=list(points),
            guidance_vectors=[draw(_POINTS, 2) for _ in samples],
        ),
        data_samples=samples,
    )


def view_noise(batch: int, size: int, boxes: int = 0) -> dict[str, Any]:
    """Return two views of images with box pairs, as SCRL takes them.

    Args:
        batch: Images.
        size: Side of the views, px.
        boxes: Pairs of each image; 0: without boxes, as BYOL takes them.

    Example:
        >>> batch = view_noise(4, 32, boxes=3)
        >>> [tuple(view.shape) for view in batch['inputs']]
        [(4, 3, 32, 32), (4, 3, 32, 32)]
        >>> tuple(batch['data_samples'][0].boxes.shape)
        (3, 2, 4)
    """
    source = torch.Generator().manual_seed(0)
    views = torch.randint(
        256, (2, batch, 3, size, size), generator=source, dtype=torch.uint8
    )
    samples = [DataSample() for _ in range(batch)]
    for sample in samples if boxes else ():
        corners = torch.rand(boxes, 2, 2, 2, generator=source) * size
        first, last = corners.min(2).values, corners.max(2).values
        sample.boxes = torch.cat([first, last], dim=2)
        sample.box_views = torch.tensor([[0, 1]]).repeat(boxes, 1)
    return dict(inputs=list(views), data_samples=samples)


def crop_noise(batch: int, sizes: Sequence[tuple[int, int]]) -> dict[str, Any]:
    """Return views of several sizes, as DINO and SOLIDER take them.

    Args:
        batch: Images.
        sizes: Height and width of each view, px.

    Example:
        >>> made = crop_noise(4, [(32, 16), (16, 8)])
        >>> [tuple(view.shape) for view in made['inputs']]
        [(4, 3, 32, 16), (4, 3, 16, 8)]
    """
    source = torch.Generator().manual_seed(0)
    views = [
        torch.randint(
            256, (batch, 3, *size), generator=source, dtype=torch.uint8
        )
        for size in sizes
    ]
    return dict(
        inputs=views, data_samples=[DataSample() for _ in range(batch)]
    )
