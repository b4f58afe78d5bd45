"""How well a segmentation agrees with its masks: figures of a confusion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F


class SegmentationScores(NamedTuple):
    """Figures of a confusion matrix over a whole set, in %.

    Attributes:
        miou: Mean over the classes that occur of the intersection over
            union.
        mean_accuracy: Mean over these classes of the right share of each
            one's pixels.
        pixel_accuracy: Right share of all pixels.
        iou: Of each class; nan where it does not occur in the masks.
        pixels: Labelled pixels.
    """

    miou: float
    mean_accuracy: float
    pixel_accuracy: float
    iou: tuple[float, ...]
    pixels: int

    def absent(self, names: Sequence[str]) -> list[str]:
        """Return the names of the classes that do not occur."""
        return [name for name, v in zip(names, self.iou) if np.isnan(v)]


def segmentation_scores(confusion: Tensor | np.ndarray) -> SegmentationScores:
    """Return the figures of a confusion matrix.

    ``IoU_c = right_c / (true_c + predicted_c - right_c)``. A class that the
    masks do not have has no part in the means; pixels that are given to it
    are missing from the others.

    Args:
        confusion: (K, K) numbers of pixels: row = true, column = predicted.

    Returns:
        The figures.

    Raises:
        ValueError: Another shape, or no pixel.

    Example:
        >>> found = segmentation_scores(np.array([[3, 1], [0, 4]]))
        >>> round(found.miou, 2), found.pixel_accuracy
        (77.5, 87.5)
    """
    table = np.asarray(confusion).astype(np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or not table.sum():
        raise ValueError(
            'a confusion matrix must be (K, K) with at least one pixel, got '
            f'shape {table.shape} with {table.sum():g} pixels'
        )
    right, true = np.diag(table), table.sum(1)
    union = true + table.sum(0) - right
    there = true > 0
    iou = np.full(len(table), np.nan)
    iou[there] = 100 * right[there] / union[there]
    return SegmentationScores(
        miou=float(iou[there].mean()),
        mean_accuracy=float((100 * right[there] / true[there]).mean()),
        pixel_accuracy=float(100 * right.sum() / table.sum()),
        iou=tuple(iou.tolist()),
        pixels=int(table.sum()),
    )


def add_confusion_(confusion: Tensor, predicted: Tensor, true: Tensor) -> None:
    """Add pixels to a confusion matrix, without waiting for a device.

    Args:
        confusion: (K, K) int64; it is changed.
        predicted: Whole numbers in 0 .. K - 1, any shape.
        true: The same shape; pixels below 0 do not count.

    Example:
        >>> confusion = torch.zeros(2, 2, dtype=torch.int64)
        >>> add_confusion_(
        ...     confusion, torch.tensor([0, 1, 1]), torch.tensor([0, 0, -100])
        ... )
        >>> confusion.tolist()
        [[1, 1], [0, 0]]
    """
    classes = len(confusion)
    place = true.long() * classes + predicted.long()
    place = torch.where(true < 0, classes * classes, place).flatten()
    counts = confusion.new_zeros(classes * classes + 1)
    counts.scatter_add_(0, place, torch.ones_like(place))
    confusion += counts[:-1].view_as(confusion)


def predicted_mask(scores: Tensor, hw: tuple[int, int]) -> Tensor:
    """Return the best class of each pixel.

    The scores of the cells are brought to the size of the mask bilinearly,
    then the best is taken: for a linear classifier the same as classifying
    features that were brought to that size.

    Args:
        scores: (K, h, w) of the cells.
        hw: Height and width of the mask, px.

    Returns:
        (H, W) int64; of equal scores the first class.
    """
    large = F.interpolate(
        scores[None].float(), hw, mode='bilinear', align_corners=False
    )
    return large[0].argmax(0)
