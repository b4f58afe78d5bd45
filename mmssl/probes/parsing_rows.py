"""Segmentation scores of several splits, as rows of a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from mmssl.probes.segmentation_scores import (
    SegmentationScores,
    segmentation_scores,
)

_HEAD = ('backbone', 'lambda', 'classifier', 'mIoU', 'mean class', 'pixel')
_FIGURES = ('miou', 'mean_accuracy', 'pixel_accuracy')


class ParsingRow(NamedTuple):
    """Scores of one backbone and classifier.

    Attributes:
        backbone: Name; '' for what needs none.
        classifier: Name.
        semantic_weight: lambda; None: the backbone's own, or it has none.
        scores: One for each seed.
    """

    backbone: str
    classifier: str
    semantic_weight: float | None
    scores: tuple[SegmentationScores, ...]

    def mean(self, figure: str) -> float:
        """Return the mean over the seeds of 'miou', ..., in %."""
        return float(np.mean([getattr(s, figure) for s in self.scores]))

    def std(self, figure: str) -> float:
        """Return the standard deviation over the seeds (n - 1), or 0."""
        values = [getattr(s, figure) for s in self.scores]
        return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0

    def content(self, classes: Sequence[str]) -> dict[str, Any]:
        """Return the row as plain data, for JSON.

        Args:
            classes: Names; ``iou`` has those that occur.
        """
        found: dict[str, Any] = dict(
            backbone=self.backbone, classifier=self.classifier
        )
        if self.semantic_weight is not None:
            found['semantic_weight'] = self.semantic_weight
        for figure in _FIGURES:
            found[figure] = self.mean(figure)
            if len(self.scores) > 1:
                found[f'{figure}_std'] = self.std(figure)
        found['iou'] = self.iou(classes)
        return found

    def iou(self, classes: Sequence[str]) -> dict[str, float]:
        """Return the mean IoU of each class over the seeds that have it."""
        found = {}
        for name, *values in zip(classes, *(s.iou for s in self.scores)):
            known = [value for value in values if not math.isnan(value)]
            if known:
                found[name] = float(np.mean(known))
        return found


def most_frequent(confusion: Tensor) -> SegmentationScores:
    """Return the scores of the answer that is always the same class.

    Args:
        confusion: (K, K) of any segmentation of the same masks; the class
            is the most frequent one of the masks.
    """
    true = confusion.sum(1)
    table = torch.zeros_like(confusion)
    table[:, int(true.argmax())] = true
    return segmentation_scores(table)


def parsing_table(rows: Sequence[ParsingRow]) -> str:
    """Format rows as a table.

    Args:
        rows: Of the same splits.

    Returns:
        Lines of text; with several seeds mean and standard deviation.

    Example:
        >>> half = SegmentationScores(40.0, 50.0, 80.0, (20.0, 60.0), 9)
        >>> print(parsing_table([ParsingRow('a.pth', 'knn', 0.5, (half,))]))
        backbone  lambda  classifier   mIoU  mean class  pixel
        a.pth     0.5     knn         40.00       50.00  80.00
    """
    lines: list[tuple[str, ...]] = [_HEAD]
    for row in rows:
        weight = row.semantic_weight
        figures = [_figure(row, figure) for figure in _FIGURES]
        lines.append(
            (
                row.backbone,
                '' if weight is None else f'{weight:g}',
                row.classifier,
                *figures,
            )
        )
    if not any(line[1] for line in lines[1:]):
        lines = [(line[0], *line[2:]) for line in lines]
    widths = [max(map(len, column)) for column in zip(*lines)]
    words = len(widths) - len(_FIGURES)
    text = [
        '  '.join(
            cell.ljust(width) if n < words else cell.rjust(width)
            for n, (cell, width) in enumerate(zip(line, widths))
        ).rstrip()
        for line in lines
    ]
    return '\n'.join(text)


def _figure(row: ParsingRow, figure: str) -> str:
    text = f'{row.mean(figure):.2f}'
    if len(row.scores) > 1:
        text += f' +- {row.std(figure):.2f}'
    return text
