"""Frozen features of labelled boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from mmssl.probes.features import FeatureExtractor, Features
from mmssl.probes.frozen import frozen
from mmssl.probes.loaders import loader_places

BOXES = 1 << 20  # boxes of an image at most, for their places
_STRIDE = 32  # px; the sides of a batch are multiples of it


def extract_regions(
    extract: FeatureExtractor, region: nn.Module, loader: DataLoader
) -> Features:
    """Return the features of the boxes of this process's share of images.

    Images of a batch are normalised, then padded with zeros at the right and
    below to one size.

    Args:
        extract: of the model's backbone.
        region: ``region(maps, boxes, input_hw)`` -> (M, C), such as
            :class:`~mmssl.models.regions.RoIRegions`.
        loader: of :class:`PackRegions`, collated by ``pseudo_collate``.

    Returns:
        A row for each box; ``places`` tell all boxes of a data set apart.

    Raises:
        ValueError: boxes or labels are missing, or there are none at all.
    """
    places = iter(loader_places(loader))
    found = []
    for batch in loader:
        samples = batch.get('data_samples') or []
        images = list(batch['inputs'])
        boxes, labels = sample_boxes(samples, len(images))
        rows = _features(extract, region, images, boxes)
        numbers = [
            next(places) * BOXES + torch.arange(len(part)) for part in boxes
        ]
        found.append((rows.cpu(), torch.cat(labels), torch.cat(numbers)))
    if not sum(len(part[0]) for part in found):
        raise ValueError('a probe of regions has no box in its images')
    return Features(*(torch.cat(parts) for parts in zip(*found)))


def _features(
    extract: FeatureExtractor,
    region: nn.Module,
    images: Sequence[Tensor],
    boxes: Sequence[Tensor],
) -> Tensor:
    """Return (M, C) float32 features of the boxes of a batch."""
    ready = [
        extract.normalization(image[None], extract.device) for image in images
    ]
    height, width = (
        -(-max(image.shape[axis] for image in images) // _STRIDE) * _STRIDE
        for axis in (1, 2)
    )
    padded = [
        F.pad(x, (0, width - x.shape[3], 0, height - x.shape[2]))
        for x in ready
    ]
    maps = extract.run(torch.cat(padded))
    rows = torch.cat(
        [F.pad(part, (1, 0), value=float(i)) for i, part in enumerate(boxes)]
    ).to(extract.device)
    with frozen(region), torch.autocast(rows.device.type, enabled=False):
        if isinstance(maps, Tensor):
            maps = (maps,)
        maps = tuple(one.float() for one in maps)
        return region(maps, rows, (height, width)).float()


def sample_boxes(
    samples: Sequence[Any], count: int
) -> tuple[list[Tensor], list[Tensor]]:
    """Return the boxes (K, 4) and labels (K,) of each image of a batch.

    Args:
        samples: Data samples of PackRegions.
        count: How many there have to be.

    Raises:
        ValueError: some are missing, or they do not fit each other.
    """
    if len(samples) != count:
        raise ValueError(
            f'a probe of regions needs {count} data samples with boxes, got '
            f'{len(samples)}: end the pipeline with PackRegions'
        )
    boxes, labels = [], []
    for sample in samples:
        name = sample.metainfo.get('img_path', 'a data sample')
        box, label = sample.get('gt_boxes'), sample.get('gt_label')
        if box is None or label is None or len(box) != len(label):
            told = [
                'none' if part is None else len(part) for part in (box, label)
            ]
            raise ValueError(
                f'{name}: as many boxes (gt_boxes) as classes (gt_label) are '
                f'needed, got {told[0]} and {told[1]}: use CocoRegions and '
                'PackRegions'
            )
        boxes.append(box.float().cpu())
        labels.append(label.long().cpu())
    return boxes, labels
