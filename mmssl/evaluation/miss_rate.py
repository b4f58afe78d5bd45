"""Log-average miss rate of pedestrians, by height and visibility."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

# False positives for each image at which misses are read, rounded as in the
# protocol.
FALSE_POSITIVES = (
    *(0.01, 0.0178, 0.0316, 0.0562, 0.1),
    *(0.1778, 0.3162, 0.5623, 1.0),
)
_SLACK = 1.25  # detections a little outside the heights still count
_MOST = 1000  # detections of an image


class Setup(NamedTuple):
    """Which people have to be found; both ends are included.

    Attributes:
        heights: px.
        visibilities: Visible share of the person.
    """

    heights: tuple[float, float]
    visibilities: tuple[float, float]


SETUPS = MappingProxyType(
    dict(
        reasonable=Setup((50, np.inf), (0.65, np.inf)),
        small=Setup((50, 75), (0.65, np.inf)),
        heavy=Setup((50, np.inf), (0.2, 0.65)),
        all=Setup((20, np.inf), (0.2, np.inf)),
    )
)


class People(NamedTuple):
    """What is to be found in an image.

    Attributes:
        boxes_xyxy: (G, 4) float, px.
        visibility: (G,) float in [0, 1].
        ignored: (G,) bool; regions that are nobody's fault.
    """

    boxes_xyxy: np.ndarray
    visibility: np.ndarray
    ignored: np.ndarray


class Found(NamedTuple):
    """What a detector says of an image.

    Attributes:
        boxes_xyxy: (D, 4) float, px.
        scores: (D,) float.
    """

    boxes_xyxy: np.ndarray
    scores: np.ndarray


def log_average_miss_rate(
    images: Sequence[tuple[People, Found]], setup: Setup
) -> float:
    """Return the geometric mean of the miss rate over nine rates of alarms.

    ``MR^-2 = exp(mean_k log(1 - recall at f_k))``, where ``f_k`` are 0.01 ...
    1 false positives for each image, evenly spaced in the logarithm. A person
    outside the setup, or ignored, is neither to be found nor a mistake.

    Args:
        images: People and detections of each image.
        setup: Who counts.

    Returns:
        In %; lower is better; NaN where nobody counts.

    Source: CityPersons' evaluation, as SOLIDER reports it.
    Deviates: A miss rate below 1e-10 counts as that, as in Caltech's
        evaluation, so that one perfect point does not make the mean 0; where
        even the first detection is beyond ``f_k``, all people are missed.

    Example:
        >>> box = np.array([[0.0, 0, 40, 100]])
        >>> people = People(box, np.ones(1), np.zeros(1, bool))
        >>> nothing = Found(np.zeros((0, 4)), np.zeros(0))
        >>> images = [(people, Found(box, np.ones(1))), (people, nothing)]
        >>> round(log_average_miss_rate(images, SETUPS['reasonable']), 6)
        50.0
    """
    judged = [judge(people, found, setup) for people, found in images]
    number = sum(count for _, _, count in judged)
    if not number:
        return float('nan')
    scores = np.concatenate([s for s, _, _ in judged])
    hits = np.concatenate([h for _, h, _ in judged])
    hits = hits[np.argsort(-scores, kind='stable')]
    alarms = np.cumsum(~hits) / len(images)
    recall = np.concatenate([[0.0], np.cumsum(hits) / number])
    # recall[i] is that of the i most certain detections
    last = np.searchsorted(alarms, FALSE_POSITIVES, side='right')
    misses = np.maximum(1 - recall[last], 1e-10)
    return float(100 * np.exp(np.log(misses).mean()))


def judge(
    people: People, found: Found, setup: Setup
) -> tuple[np.ndarray, np.ndarray, int]:
    """Match detections with people, the most certain first.

    A detection takes the free person that it overlaps most, by IoU of 0.5 or
    more; else it is dropped if half of it lies in an ignored box, which may
    take any number.

    Args:
        people: Of one image.
        found: In that image.
        setup: Who counts.

    Returns:
        Scores of the detections that are not dropped, (K,); whether each is
        right, (K,) bool; number of people who count.
    """
    boxes = people.boxes_xyxy.reshape(-1, 4)
    heights = boxes[:, 3] - boxes[:, 1]
    counts = ~people.ignored.astype(bool)
    counts &= _within(heights, setup.heights)
    counts &= _within(people.visibility, setup.visibilities)
    order = np.argsort(-found.scores, kind='stable')[:_MOST]
    rows = found.boxes_xyxy.reshape(-1, 4)[order]
    low, high = setup.heights[0] / _SLACK, setup.heights[1] * _SLACK
    tall = rows[:, 3] - rows[:, 1]
    near = (tall >= low) & (tall < high)
    rows, scores = rows[near], found.scores[order][near]
    both, own = _overlaps(rows, boxes)
    dropped = (own[:, ~counts] >= 0.5).any(axis=1)
    hits = _take(both[:, counts])
    kept = hits | ~dropped
    return scores[kept], hits[kept], int(counts.sum())


def _take(iou: np.ndarray) -> np.ndarray:
    """Return which rows get a column of their own, first come first served."""
    free = iou.copy()
    hits = np.zeros(len(iou), dtype=bool)
    for i in range(len(iou) if iou.shape[1] else 0):
        best = int(free[i].argmax())
        if free[i, best] >= 0.5:
            hits[i] = True
            free[:, best] = -1
    return hits


def _overlaps(
    rows: np.ndarray, boxes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return IoU, and intersection by the row's area, both (D, G)."""
    low = np.maximum(rows[:, None, :2], boxes[None, :, :2])
    high = np.minimum(rows[:, None, 2:], boxes[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)
    area = np.clip(rows[:, 2:] - rows[:, :2], 0, None).prod(axis=-1)
    other = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=-1)
    union = area[:, None] + other[None] - shared
    tiny = np.finfo(float).tiny
    return (
        shared / np.maximum(union, tiny),
        shared / np.maximum(area, tiny)[:, None],
    )


def _within(values: np.ndarray, ends: tuple[float, float]) -> np.ndarray:
    return (values >= ends[0]) & (values <= ends[1])
