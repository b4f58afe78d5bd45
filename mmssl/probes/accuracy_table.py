"""A table of accuracies, one backbone a line."""

from __future__ import annotations

from collections.abc import Mapping

from mmssl.evaluation.class_accuracy import ClassAccuracy


def accuracy_table(rows: Mapping[tuple[str, str], ClassAccuracy]) -> str:
    """Format accuracies, with chance below.

    Args:
        rows: (backbone, classifier) -> accuracy; all on the same labels.

    Returns:
        Lines of text.

    Example:
        >>> half = ClassAccuracy(50.0, 40.0, 30.0, 10.0, 20, 10)
        >>> print(accuracy_table({('a.pth', 'knn'): half}))
        backbone  classifier           top-1  mean class
        a.pth     knn                  50.00       40.00
        chance    most frequent class  30.00       10.00
        20 labels, 10 classes
    """
    if not rows:
        raise ValueError('there is no accuracy to show')
    any_row = next(iter(rows.values()))
    lines = [
        ('backbone', 'classifier', 'top-1', 'mean class'),
        *(
            (*names, f'{found.top1:.2f}', f'{found.mean_class:.2f}')
            for names, found in rows.items()
        ),
        (
            'chance',
            'most frequent class',
            f'{any_row.chance:.2f}',
            f'{any_row.chance_mean_class:.2f}',
        ),
    ]
    widths = [max(len(line[i]) for line in lines) for i in range(4)]
    text = [
        f'{a:{widths[0]}}  {b:{widths[1]}}  {c:>{widths[2]}}  {d:>{widths[3]}}'
        for a, b, c, d in lines
    ]
    return '\n'.join(
        [*text, f'{any_row.number} labels, {any_row.classes} classes']
    )
