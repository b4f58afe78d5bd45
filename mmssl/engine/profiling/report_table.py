"""Tables of a profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmssl.engine.profiling.step_times import GROUPS


def report_table(report: Mapping[str, Any]) -> str:
    """Return a report as text of at most 79 columns.

    Args:
        report: Of :func:`mmssl.engine.profiling.report.make_report`.
    """
    return '\n\n'.join(
        (
            _head(report),
            _pipeline(report['pipeline']),
            _step(report),
            _shares(report),
            _figures(report),
        )
    )


def _head(report: Mapping[str, Any]) -> str:
    config, machine = report['config'], report['machine']
    device = machine['processor']
    if report['settings']['device'].startswith('cuda'):
        device = machine['gpu']
    shapes = ', '.join('x'.join(map(str, s)) for s in config['inputs'])
    extra = ''.join(f', {key}' for key in sorted(config['speed']))
    return '\n'.join(
        (
            f'{config["name"]}: inputs {shapes}, {config["precision"]}{extra}',
            f'{device}, {machine["cores"]} cores, {config["threads"]} threads,'
            f' {config["workers"]} workers, {config["data"]} data',
            f'torch {report["versions"]["torch"]}, {report["date"]}',
        )
    )


def _pipeline(pipeline: Mapping[str, Any]) -> str:
    lines = [f'{"input pipeline, one core":<34}{"ms":>9}{"images/s":>11}']
    for name, ms in pipeline['ms'].items():
        rate = 1e3 / ms if ms > 0 else float('inf')
        lines.append(f'  {name:<32}{ms:>9.3f}{rate:>11.0f}')
    return '\n'.join(lines)


def _step(report: Mapping[str, Any]) -> str:
    step = report['step']
    key = 'cpu_ms' if step['clock'] == 'CPU time' else 'wall_ms'
    table: dict[tuple[str, str], dict[str, float]] = {}
    for part in step['parts']:
        row = table.setdefault((part['name'], part['kind']), {})
        column = 'backward' if part['phase'] == 'backward' else 'forward'
        row[column] = row.get(column, 0.0) + part[key]
    lines = [
        f'{"step, ms of " + step["clock"]:<34}{"forward":>9}{"backward":>11}'
        f'{"share":>8}'
    ]
    whole = step[key]
    for (name, kind), row in table.items():
        share = sum(row.values()) / whole
        title = f'{name} (method)' if kind == 'method' else name
        lines.append(
            f'  {title:<32}{row.get("forward", 0):>9.2f}'
            f'{row.get("backward", 0):>11.2f}{share:>8.1%}'
        )
    lines.append(f'  {"all":<32}{whole:>20.2f}{1:>8.1%}')
    return '\n'.join(lines)


def _shares(report: Mapping[str, Any]) -> str:
    groups = report['step']['groups']
    lines = ['share of an iteration, data wait included']
    lines += [f'  {name:<45}{groups[name]:>16.1%}' for name in GROUPS]
    lines.append(f'  {"all":<45}{sum(groups.values()):>16.1%}')
    lines.append(
        f'  {"method-specific, of the step alone":<45}'
        f'{report["step"]["method_share"]:>16.1%}'
    )
    return '\n'.join(lines)


def _figures(report: Mapping[str, Any]) -> str:
    loop, step, bound = report['loop'], report['step'], report['bound']
    where = 'GPU' if step['clock'] != 'CPU time' else 'process'
    rows = [
        (
            'images/s, training on data (wall clock)',
            f'{loop["images_per_s"]:.2f}',
        ),
        (
            f'images/s, step alone ({step["clock"]})',
            f'{step["images_per_s"]:.2f}',
        ),
        (
            'images/s, random tensors on the device (bound)',
            f'{bound["images_per_s"]:.2f}',
        ),
        (f'peak memory of the {where}, MiB', f'{report["memory_mib"]:.0f}'),
        (
            "peak of a step's tensors, MiB",
            f'{report.get("step_memory_mib", float("nan")):.0f}',
        ),
        ('GFLOP per image', f'{report["flops_per_image"] / 1e9:.1f}'),
    ]
    if report['mfu'] is not None:
        rows += [
            ('peak, TFLOP/s', f'{report["peak_flops"] / 1e12:.0f}'),
            ('MFU, training on data', f'{report["mfu"]:.1%}'),
            ('MFU, random tensors', f'{report["mfu_bound"]:.1%}'),
        ]
    else:
        rows.append(('MFU', 'unknown: no peak of this device'))
    return '\n'.join(f'{name:<47}{value:>16}' for name, value in rows)
