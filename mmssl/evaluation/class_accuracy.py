"""How many labels are right, over all and class by class."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class ClassAccuracy(NamedTuple):
    """Accuracy of predicted labels, in %.

    Attributes:
        top1: Right labels among all.
        mean_class: Mean over the classes that occur of each one's accuracy.
        chance: Share of the most frequent class: what a classifier that has
            seen only labels gets in ``top1``.
        chance_mean_class: The same in ``mean_class``, 100 / classes that
            occur.
        number: Labels.
        classes: Classes that occur.
    """

    top1: float
    mean_class: float
    chance: float
    chance_mean_class: float
    number: int
    classes: int


def class_accuracy(predicted: np.ndarray, true: np.ndarray) -> ClassAccuracy:
    """Compare labels.

    Args:
        predicted: (M,) integers.
        true: (M,) integers >= 0.

    Returns:
        The accuracies.

    Raises:
        ValueError: No labels, or another number of them.

    Example:
        >>> found = class_accuracy(np.array([0, 0, 1]), np.array([0, 0, 0]))
        >>> round(found.top1, 1), round(found.mean_class, 1), found.chance
        (66.7, 66.7, 100.0)
    """
    predicted, true = np.asarray(predicted), np.asarray(true)
    if predicted.shape != true.shape or true.ndim != 1 or not true.size:
        raise ValueError(
            'predicted and true labels must be two lists of equal length >= '
            f'1, got {predicted.shape} and {true.shape}'
        )
    kinds, place, counts = np.unique(
        true, return_inverse=True, return_counts=True
    )
    right = np.bincount(place, predicted == true, len(kinds))
    return ClassAccuracy(
        top1=100.0 * float(right.sum() / true.size),
        mean_class=100.0 * float((right / counts).mean()),
        chance=100.0 * float(counts.max() / true.size),
        chance_mean_class=100.0 / len(kinds),
        number=int(true.size),
        classes=len(kinds),
    )
