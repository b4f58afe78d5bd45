"""How near predicted keypoints are: PCK, and OKS with its precision."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# By keypoint of COCO, nose to right ankle: how much people differ who mark
# it, in sides of the square of the person's area (cocodataset.org).
_FACE = (0.026, 0.025, 0.025, 0.035, 0.035)
_ARMS = (0.079, 0.079, 0.072, 0.072, 0.062, 0.062)
_LEGS = (0.107, 0.107, 0.087, 0.087, 0.089, 0.089)
COCO_SIGMAS = (*_FACE, *_ARMS, *_LEGS)
OKS_THRESHOLDS = tuple(round(0.5 + 0.05 * n, 2) for n in range(10))


def keypoint_distances(predicted: ArrayLike, true: ArrayLike) -> Floats:
    """Return how far predicted keypoints are, nan where none is labelled.

    Args:
        predicted: (N, K, 2 or more) x, y px.
        true: (N, K, 3) x, y px, and v: labelled where above 0.

    Returns:
        (N, K) px.

    Raises:
        ValueError: Shapes differ, or a prediction is not finite.

    Example:
        >>> keypoint_distances([[[3, 4], [0, 0]]], [[[0, 0, 1], [9, 9, 0]]])
        array([[ 5., nan]])
    """
    guess = np.asarray(predicted, np.float64)
    marked = np.asarray(true, np.float64)
    fits = guess.ndim == marked.ndim == 3 and marked.shape[2] == 3
    if not fits or guess.shape[:2] != marked.shape[:2] or guess.shape[2] < 2:
        raise ValueError(
            'keypoints must be (N, K, 2) and (N, K, 3), got '
            f'{guess.shape} and {marked.shape}'
        )
    labelled = marked[..., 2] > 0
    far = np.linalg.norm(guess[..., :2] - marked[..., :2], axis=2)
    if not np.isfinite(far[labelled]).all():
        raise ValueError('predicted keypoints hold nan or inf')
    return np.where(labelled, far, np.nan)


def pck(distances: ArrayLike, sizes: ArrayLike, threshold: float) -> float:
    """Return the percentage of correct keypoints, PCK@threshold.

    Correct: no farther than ``threshold`` sizes of its person. The share is
    taken for each keypoint (nose, ...) and averaged over those that are
    labelled anywhere.

    Args:
        distances: (N, K) px, nan where not labelled.
        sizes: (N,) px > 0 of each person, e.g. the longer side of its box.
        threshold: In sizes.

    Returns:
        In %.

    Raises:
        ValueError: No keypoint is labelled, or shapes differ.

    Example:
        >>> pck([[1, 5], [3, np.nan]], [20, 20], 0.1)  # (1 / 2 + 0 / 1) / 2
        25.0
    """
    far = np.asarray(distances, np.float64)
    size = np.asarray(sizes, np.float64)
    if far.ndim != 2 or size.shape != far.shape[:1] or not (size > 0).all():
        raise ValueError(
            'distances must be (N, K) and sizes (N,) > 0, got '
            f'{far.shape} and {size.shape}'
        )
    labelled = np.isfinite(far)
    there = labelled.any(0)
    if not there.any():
        raise ValueError('no keypoint is labelled: there is no PCK')
    near = labelled & (np.nan_to_num(far) <= threshold * size[:, None])
    return 100 * float((near.sum(0)[there] / labelled.sum(0)[there]).mean())


def oks(
    distances: ArrayLike,
    areas: ArrayLike,
    sigmas: Sequence[float] = COCO_SIGMAS,
) -> Floats:
    """Return the similarity of each person's keypoints, in 0 .. 1.

    ``mean exp(-d^2 / (2 area (2 sigma)^2))`` over the labelled keypoints.

    Source: COCO's object keypoint similarity, as pycocotools has it.

    Args:
        distances: (N, K) px, nan where not labelled.
        areas: (N,) px^2 > 0 of each person.
        sigmas: K.

    Returns:
        (N,), nan where no keypoint is labelled.

    Raises:
        ValueError: Shapes differ.

    Example:
        >>> oks([[0.0, 2.0]], [100.0], (0.1, 0.1)).round(4).tolist()
        [0.8033]
    """
    far = np.asarray(distances, np.float64)
    area = np.asarray(areas, np.float64)
    if far.ndim != 2 or far.shape != (len(area), len(sigmas)):
        raise ValueError(
            f'distances must be (N, K) for {len(sigmas)} sigmas and areas '
            f'(N,), got {far.shape} and {area.shape}'
        )
    variance = (2 * np.asarray(sigmas)) ** 2
    area = area[:, None] + np.spacing(1.0)
    near = np.exp(-np.square(np.nan_to_num(far)) / (2 * area * variance))
    labelled = np.isfinite(far)
    count = labelled.sum(1)
    total = np.where(labelled, near, 0).sum(1) / np.maximum(count, 1)
    return np.where(count > 0, total, np.nan)


def oks_ap(
    similarity: ArrayLike,
    scores: ArrayLike,
    thresholds: Sequence[float] = OKS_THRESHOLDS,
) -> float:
    """Return the average precision of people whose boxes are given, in %.

    One prediction for each person, ranked by score, the largest first, equal
    ones in their order; right where its OKS reaches the threshold. Precision
    at 101 recalls, each the best of that recall and above, averaged over
    recalls and thresholds.

    Source: COCO's AP, as pycocotools computes it.
    Deviates: a prediction is compared with its own person alone, not with
    others in the image; the boxes are those of the labels.

    Args:
        similarity: (N,) OKS; nan: no keypoint is labelled, not judged.
        scores: (N,), the larger the surer.
        thresholds: Of OKS.

    Returns:
        In %.

    Raises:
        ValueError: Nobody is judged, or shapes differ.

    Example:
        >>> oks_ap([0.9, 0.2], [0.8, 0.7], (0.5,)).__round__(2)
        50.5
    """
    near = np.asarray(similarity, np.float64)
    sure = np.asarray(scores, np.float64)
    if near.ndim != 1 or near.shape != sure.shape or np.isnan(near).all():
        raise ValueError(
            'similarity and scores must be (N,) with somebody who is judged, '
            f'got {near.shape} and {sure.shape}'
        )
    judged = ~np.isnan(near)
    near, sure = near[judged], sure[judged]
    ranked = near[np.argsort(-sure, kind='stable')]
    rank = np.arange(1, len(ranked) + 1)
    found = []
    for threshold in thresholds:
        right = np.cumsum(ranked >= threshold)
        best = np.maximum.accumulate((right / rank)[::-1])[::-1]
        place = np.searchsorted(
            right / len(ranked), np.linspace(0, 1, 101), side='left'
        )
        found.append(np.append(best, 0.0)[place].mean())
    return 100 * float(np.mean(found))
