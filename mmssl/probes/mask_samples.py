"""The masks that dense probes are measured against, checked."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.structures import BaseDataElement
from torch import Tensor
from torch.utils.data import DataLoader

_FIX = 'use ImageMasks and end the pipeline with PackMasks'


def sample_masks(
    samples: Sequence[BaseDataElement] | None, count: int
) -> list[Tensor]:
    """Return the mask of each sample, from its ``gt_mask``.

    Args:
        samples: those of a batch.
        count: how many there have to be.

    Returns:
        (H, W) whole numbers each.

    Raises:
        ValueError: there are not so many, or one has no mask.
    """
    samples = list(samples or ())
    masks = [sample.get('gt_mask') for sample in samples]
    bad = [
        i
        for i, mask in enumerate(masks)
        if not isinstance(mask, Tensor) or mask.dim() != 2
    ]
    if len(samples) != count or bad:
        name = samples[bad[0]].metainfo.get('img_path', '') if bad else ''
        raise ValueError(
            f'{count} data samples with a mask (H, W) are needed, got '
            f'{len(samples)}, {len(bad)} of them without'
            f'{f" (the first is {name})" if name else ""}: {_FIX}'
        )
    return masks


def class_names(loader: DataLoader, what: str) -> tuple[str, ...]:
    """Return the names of the classes of a loader's data set.

    Args:
        loader: of images with masks.
        what: whose it is, for messages.

    Raises:
        ValueError: its data set names none.
    """
    meta = dict(getattr(loader.dataset, 'metainfo', None) or {})
    names = tuple(str(name) for name in meta.get('classes') or ())
    if not names:
        raise ValueError(
            f'{what}: the data set {type(loader.dataset).__name__} names no '
            f'classes: {_FIX}'
        )
    return names


def check_masks(masks: Sequence[Tensor], num_classes: int) -> None:
    """Refuse masks with labels that are no class.

    Args:
        masks: (H, W) each; below 0: not judged.
        num_classes: labels must be below.

    Raises:
        ValueError: one is not.
    """
    largest = max(
        (int(mask.max()) for mask in masks if mask.numel()), default=0
    )
    if largest >= num_classes:
        raise ValueError(
            f'labels of masks must be below {num_classes}, the number of '
            f'classes, got {largest}'
        )


def on_device(masks: Sequence[Tensor], device: torch.device) -> list[Tensor]:
    """Return masks on a device."""
    return [mask.to(device, non_blocking=True) for mask in masks]
