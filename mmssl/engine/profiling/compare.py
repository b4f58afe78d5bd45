"""Two profiles side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Path in a report -> title.
_ROWS = {
    'pipeline.images_per_s_per_core': 'input pipeline, images/s per core',
    'loop.images_per_s': 'training on data, images/s',
    'step.images_per_s': 'step alone, images/s',
    'bound.images_per_s': 'random tensors, images/s',
    'loop.wait_ms': 'data wait, ms',
    'step.groups.data wait': 'data wait, share',
    'step.method_share': 'method-specific, share of the step',
    'memory_mib': 'peak memory, MiB',
    'step_memory_mib': "peak of a step's tensors, MiB",
    'mfu': 'MFU',
}
_SAME = ('machine', 'versions', 'config')


def compare(report: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    """Return a table with ratios, and warnings about what differs.

    Args:
        report: This profile.
        other: Another one.

    Returns:
        One row per figure, then one per part of the step (ms), with the
        ratio this / other; below, ``warning:`` lines for each setting of
        machine, versions and config that differs.
    """
    lines = [f'{"":<40}{"this":>11}{"other":>11}{"ratio":>9}']
    for path, title in _ROWS.items():
        lines.append(_row(title, _at(report, path), _at(other, path)))
    ours, theirs = step_parts(report), step_parts(other)
    lines += [
        _row(name, ours.get(name), theirs.get(name))
        for name in {**ours, **theirs}
    ]
    warnings = [f'warning: {text}' for text in differences(report, other)]
    return '\n'.join(lines + warnings)


def differences(
    report: Mapping[str, Any], other: Mapping[str, Any]
) -> list[str]:
    """Return what makes two profiles hard to compare.

    Example:
        >>> differences({'machine': {'cores': 2}}, {'machine': {'cores': 8}})
        ['machine: cores differs: 2 here, 8 there']
    """
    found = []
    for group in _SAME:
        a, b = report.get(group, {}), other.get(group, {})
        found += [
            f'{group}: {key} differs: {a.get(key)} here, {b.get(key)} there'
            for key in {**a, **b}
            if a.get(key) != b.get(key)
        ]
    return found


def step_parts(report: Mapping[str, Any]) -> dict[str, float]:
    """Return ms of each part of the step, by phase and name."""
    step = report['step']
    key = 'cpu_ms' if step['clock'] == 'CPU time' else 'wall_ms'
    return {f'{p["phase"]} {p["name"]}, ms': p[key] for p in step['parts']}


def _row(title: str, ours: float | None, theirs: float | None) -> str:
    """Return one line; '-' for what is missing."""
    cells = [f'{v:.4g}' if v is not None else '-' for v in (ours, theirs)]
    ratio = f'{ours / theirs:.3f}' if ours is not None and theirs else '-'
    return f'{title:<40}{cells[0]:>11}{cells[1]:>11}{ratio:>9}'


def _at(report: Mapping[str, Any], path: str) -> float | None:
    """Return the value at a dotted path."""
    value: Any = report
    for key in path.split('.'):
        value = value.get(key)  # an earlier version may not have measured it
        if value is None:
            return None
    return value
