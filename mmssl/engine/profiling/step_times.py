"""From the parts of many steps to the parts of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmssl.engine.profiling.clocks import Span
from mmssl.engine.profiling.step_recorder import Label

GROUPS = (
    'data wait',
    'copy and normalise',
    'forward',
    'backward',
    'optimizer',
    'method-specific',
)

Parts = dict[Label, Span]


def typical_step(steps: Sequence[Parts], cycle: int = 1) -> Parts:
    """Return the mean of the faster half of the steps.

    Other programs only ever slow a step down, so the faster half is nearer
    to the truth; a mean keeps the sum of the parts what it is, as medians of
    each part would not.

    Args:
        steps: Parts of each step.
        cycle: Steps that belong together: with gradient accumulation, only
            one of so many runs the optimiser.

    Returns:
        Parts of one step.

    Example:
        >>> a = Label('forward', 'a', 'network')
        >>> spans = [{a: Span(t, t)} for t in (1.0, 3.0, 9.0, 9.0)]
        >>> typical_step(spans)[a].cpu
        2.0
    """
    cycles = [
        _sum(steps[i : i + cycle])
        for i in range(0, len(steps) - cycle + 1, cycle)
    ]
    if not cycles:
        raise ValueError(f'{cycle} steps are needed at least')
    cycles.sort(key=lambda parts: total(parts).cpu or total(parts).wall)
    kept = cycles[: (len(cycles) + 1) // 2]
    scale = 1 / (len(kept) * cycle)
    return {
        label: Span(span.wall * scale, span.cpu * scale)
        for label, span in _sum(kept).items()
    }


def total(parts: Parts) -> Span:
    """Return the time of all parts together."""
    return Span(
        sum(span.wall for span in parts.values()),
        sum(span.cpu for span in parts.values()),
    )


def group_of(label: Label) -> str:
    """Return which of :data:`GROUPS` a part belongs to.

    Example:
        >>> group_of(Label('backward', 'backbone', 'backbone'))
        'backward'
        >>> group_of(Label('input', 'guidance map', 'method'))
        'method-specific'
    """
    if label.kind == 'method':
        return 'method-specific'
    return 'copy and normalise' if label.phase == 'input' else label.phase


def step_report(parts: Parts, wait_share: float = 0.0) -> dict[str, Any]:
    """Return a step as plain data, with shares.

    Shares are of CPU time where it was measured (the CPU), else of the
    device's time.

    Args:
        parts: Of one step.
        wait_share: Share of a training iteration that waits for data.

    Returns:
        ``parts``: list of phase, name, kind, wall_ms, cpu_ms and share (of
        the step alone); ``groups``: share of the iteration of each of
        :data:`GROUPS`, data wait included: their sum is 1; ``wall_ms``,
        ``cpu_ms``; ``method_share`` of the step alone.
    """
    whole = total(parts)
    by_cpu = whole.cpu > 0
    base = whole.cpu if by_cpu else whole.wall
    rows, groups = [], dict.fromkeys(GROUPS, 0.0)
    groups['data wait'] = wait_share
    for label, span in parts.items():
        share = (span.cpu if by_cpu else span.wall) / base
        groups[group_of(label)] += share * (1 - wait_share)
        rows.append(
            dict(
                label._asdict(),
                wall_ms=span.wall * 1e3,
                cpu_ms=span.cpu * 1e3,
                share=share,
            )
        )
    method = sum(row['share'] for row in rows if row['kind'] == 'method')
    return dict(
        clock='CPU time' if by_cpu else 'stream time',
        wall_ms=whole.wall * 1e3,
        cpu_ms=whole.cpu * 1e3,
        parts=rows,
        groups=groups,
        method_share=method,
    )


def _sum(steps: Sequence[Parts]) -> Parts:
    """Add the parts of several steps."""
    added: Parts = {}
    for parts in steps:
        for label, span in parts.items():
            known = added.get(label, Span(0.0, 0.0))
            added[label] = Span(known.wall + span.wall, known.cpu + span.cpu)
    return added
