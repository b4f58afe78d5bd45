"""A replayed step in words and tables."""

from __future__ import annotations

from collections.abc import Sequence

from mmssl.engine.batch_statistics import TensorRow
from mmssl.engine.replay_result import ReplayResult

_MOST = 12  # rows of a table


def report(result: ReplayResult) -> str:
    """Return what a replay has found, for a terminal.

    Args:
        result: Of :func:`mmssl.engine.replay.replay_step`.
    """
    parts = [
        f'process {result.rank}',
        _table(
            ('batch', 'loss term', 'in the run', 'replayed', 'to the bit'),
            [
                (
                    str(row.batch + 1),
                    row.name,
                    f'{row.recorded:.9g}',
                    f'{row.replayed:.9g}',
                    'equal' if row.same else 'different',
                )
                for row in result.terms
            ],
        ),
        '\n'.join(_findings(result)),
        _inputs(result.inputs),
    ]
    if result.anomaly:
        parts.append(f'anomaly detection: {result.anomaly}')
    parts.append('\n'.join(_verdict(result)))
    return '\n\n'.join(parts)


def _findings(result: ReplayResult) -> list[str]:
    """Say where it begins."""
    lines = []
    if result.weights:
        lines.append(
            f'weights not finite before the step: {len(result.weights)}, the '
            f'first {result.weights[0]}'
        )
    found = result.output
    lines.append(
        'forward, first output that is not finite: '
        + (found.text('output') if found else 'none; all modules give numbers')
    )
    found = result.gradient
    lines.append(
        'backward, first gradient that is not finite: '
        + (found.text('gradient') if found else 'none')
    )
    rows = result.gradients
    if rows:
        shown = ', '.join(row.name for row in rows[:4])
        lines.append(
            f'weights whose gradient is not finite: {len(rows)}: {shown}'
            + (', ...' if len(rows) > 4 else '')
        )
    return lines


def _inputs(rows: Sequence[TensorRow]) -> str:
    """Show the batch in numbers, what is not finite first."""
    table = _table(
        ('tensor', 'shape', 'type', 'min', 'max', 'mean', 'nan/inf', 'sample'),
        [
            (
                row.path,
                'x'.join(map(str, row.shape)) or '-',
                row.dtype,
                f'{row.low:.4g}',
                f'{row.high:.4g}',
                f'{row.mean:.4g}',
                f'{row.non_finite:.2%}' if row.non_finite else '-',
                row.sample,
            )
            for row in rows[:_MOST]
        ],
    )
    more = rows[_MOST:]
    bad = sum(row.non_finite > 0 for row in more)
    if more:
        table += f'\n... and {len(more)} more, {bad} of them with nan or inf'
    return table


def _verdict(result: ReplayResult) -> list[str]:
    """Say whether it is the same step."""
    if result.reproduced:
        exact = ', to the bit' if result.identical else ', not to the bit'
        lines = [f'reproduced{exact}']
    else:
        lines = [
            'not reproduced: what was not finite in the run is finite here, '
            'or the other way round'
        ]
    if result.identical:
        return lines
    reasons = result.notes or [
        'the model keeps something outside of weights and buffers, its batch '
        'was changed in place, or it draws numbers of its own'
    ]
    return [*lines, *(f'  may be because: {reason}' for reason in reasons)]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Align columns with two spaces between them."""
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return '\n'.join(
        '  '.join(
            cell.ljust(width) for cell, width in zip(line, widths)
        ).rstrip()
        for line in lines
    )
