"""What a probe of boxes gets without a network: colours, sizes and places."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from mmssl.probes.region_features import sample_boxes


def loader_box_rows(loader: DataLoader) -> tuple[Tensor, Tensor]:
    """Describe the boxes of this process's share of images.

    Args:
        loader: Of CocoRegions, collated by ``pseudo_collate``.

    Returns:
        (M, 4 + 10) of place and size, see :func:`box_places`, and (M,
        10 + 55) of these and the colours, see :func:`box_colours`; each with
        all products of two, in the order of
        :func:`~mmssl.probes.region_features.extract_regions`.
    """
    places, both = [], []
    for batch in loader:
        images = list(batch['inputs'])
        boxes, _ = sample_boxes(batch.get('data_samples') or [], len(images))
        for image, own in zip(images, boxes):
            place = box_places(own, (image.shape[1], image.shape[2]))
            places.append(place)
            both.append(torch.cat([place, box_colours(image, own)], 1))
    return with_products(torch.cat(places)), with_products(torch.cat(both))


def box_places(boxes: Tensor, hw: tuple[int, int]) -> Tensor:
    """Return where boxes are and how large.

    Args:
        boxes: (K, 4) x1, y1, x2, y2 px.
        hw: Height and width of the image, px.

    Returns:
        (K, 4): centre across and down in -1 .. 1, logarithms of width and
        height in shares of the image's.

    Example:
        >>> box_places(torch.tensor([[0.0, 0, 20, 10]]), (10, 20)).tolist()
        [[0.0, 0.0, 0.0, 0.0]]
    """
    x1, y1, x2, y2 = boxes.float().unbind(1)
    height, width = hw
    size = torch.stack([(x2 - x1) / width, (y2 - y1) / height], 1)
    across, down = (x1 + x2) / width - 1, (y1 + y2) / height - 1
    return torch.cat(
        [torch.stack([across, down], 1), size.clamp(min=1e-6).log()], 1
    )


def box_colours(image: Tensor, boxes: Tensor) -> Tensor:
    """Return mean and standard deviation of the colours in boxes.

    Args:
        image: (3, H, W) uint8 RGB.
        boxes: (K, 4) x1, y1, x2, y2 px; of one less than a px or outside,
            the nearest px counts.

    Returns:
        (K, 6), 0 .. 255 brought to -1 .. 1.

    Example:
        >>> image = torch.zeros(3, 4, 4, dtype=torch.uint8)
        >>> image[:, :, 2:] = 255
        >>> box_colours(image, torch.tensor([[0, 0, 4, 4.0]]))[0, 2:4].tolist()
        [0.0, 1.0]
    """
    pixels = image.float() / 127.5 - 1
    height, width = image.shape[1:]
    rows = []
    for box in boxes.tolist():
        left, top = (
            min(max(int(start), 0), size - 1)
            for start, size in zip(box[:2], (width, height))
        )
        right, bottom = (
            max(round(box[2]), left + 1),
            max(round(box[3]), top + 1),
        )
        inside = pixels[:, top:bottom, left:right].flatten(1)
        rows.append(torch.cat([inside.mean(1), inside.std(1, unbiased=False)]))
    return torch.stack(rows) if rows else pixels.new_zeros(0, 6)


def with_products(rows: Tensor) -> Tensor:
    """Return rows with all products of two of their numbers behind.

    Args:
        rows: (M, C).

    Returns:
        (M, C + C (C + 1) / 2).

    Example:
        >>> with_products(torch.tensor([[2.0, 3.0]])).tolist()
        [[2.0, 3.0, 4.0, 6.0, 9.0]]
    """
    i, j = torch.triu_indices(rows.shape[1], rows.shape[1])
    return torch.cat([rows, rows[:, i] * rows[:, j]], 1)
