"""Which of an evaluator's numbers counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# What papers report, where a config does not say.
_USUAL = ('mIoU', 'bbox_mAP', 'AP', 'mAP', 'top1')
# Errors: by their last word, or by what stands before it.
_ERRORS = ('EPE', 'MPJPE', 'N-MPJPE', 'NME', 'P-MPJPE', 'mMR')
_OF_ERRORS = ('miss_rate',)


def numbers_of(metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return the numbers among what an evaluator says, as plain floats.

    Example:
        >>> numbers_of({'mIoU': 3, 'classes': ['a']})
        {'mIoU': 3.0}
    """
    found = {}
    for name, value in metrics.items():
        try:
            found[str(name)] = float(value)
        except (TypeError, ValueError):
            continue
    return found


def lower_is_better(metric: str) -> bool:
    """Tell whether a metric is an error.

    Args:
        metric: Its whole name.

    Example:
        >>> lower_is_better('miss_rate/reasonable'), lower_is_better('mIoU')
        (True, False)
    """
    before, _, last = metric.rpartition('/')
    return last in _ERRORS or before in _OF_ERRORS


def pick_metric(
    metrics: Mapping[str, float], wanted: str | None = None
) -> tuple[str, float]:
    """Return the number that counts.

    Args:
        metrics: Name -> number, as the evaluator gave them.
        wanted: A name, or what follows its last '/'; None: what is usual
            for the task (mIoU, AP, top-1), else the first.

    Returns:
        Its whole name, and the number.

    Raises:
        ValueError: There is no such metric, or there are several.

    Example:
        >>> pick_metric({'coco/bbox_mAP': 0.5, 'coco/segm_mAP': 0.4})
        ('coco/bbox_mAP', 0.5)
        >>> pick_metric(
        ...     {'coco/bbox_mAP': 0.5, 'coco/segm_mAP': 0.4}, 'segm_mAP'
        ... )
        ('coco/segm_mAP', 0.4)
    """
    if wanted is None:
        for name in _USUAL:
            found = _named(metrics, name)
            if len(found) == 1:
                return found[0], metrics[found[0]]
        if not metrics:
            raise ValueError('the evaluator gave no number')
        first = next(iter(metrics))
        return first, metrics[first]
    found = [wanted] if wanted in metrics else _named(metrics, wanted)
    if len(found) != 1:
        raise ValueError(
            f'{"several metrics end in" if found else "there is no metric"} '
            f'{wanted!r}; the evaluator gave {", ".join(sorted(metrics))}'
        )
    return found[0], metrics[found[0]]


def _named(metrics: Mapping[str, float], name: str) -> list[str]:
    """Return the metrics whose last word is a name."""
    return [m for m in metrics if m.rpartition('/')[2] == name]
