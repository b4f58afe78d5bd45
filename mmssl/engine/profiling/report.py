"""A profile as plain data, and as a table for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config

from mmssl.engine.profiling.machine import machine, now, versions
from mmssl.engine.profiling.measure import Measured, Settings
from mmssl.engine.profiling.peaks import convolution_precision, peak_flops
from mmssl.engine.profiling.pipeline_times import medians
from mmssl.engine.profiling.step_times import step_report

FORMAT = 1
_DTYPES = {'Bf16OptimWrapper': 'bfloat16', 'AmpOptimWrapper': 'float16'}

Report = dict[str, Any]


def make_report(
    cfg: Config,
    name: str,
    settings: Settings,
    pipeline: Mapping[str, Sequence[float]],
    measured: Measured,
    synthetic: bool,
) -> Report:
    """Put everything that was measured into one dict for JSON.

    Args:
        cfg: What was measured.
        name: Of the config.
        settings: How much was measured.
        pipeline: Seconds by step of the input pipeline.
        measured: Loop, step, bound, memory.
        synthetic: Whether the data was generated.

    Returns:
        ``config``, ``machine``, ``versions``, ``date``, ``settings``,
        ``pipeline``, ``loop``, ``step``, ``bound``, ``memory_mib``,
        ``step_memory_mib``, ``flops_per_image`` and ``mfu`` (None where the
        peak is not known).
    """
    ms = {key: value * 1e3 for key, value in medians(pipeline).items()}
    loop = measured.loop
    config = describe(cfg, name, measured, synthetic)
    step = step_report(measured.step, loop.wait_share)
    bound = step_report(measured.bound)
    n = measured.batch_size
    for part in (step, bound):
        part['images_per_s'] = n / _seconds(part, config['threads'])
    report = dict(
        format=FORMAT,
        date=now(),
        config=config,
        machine=machine(),
        versions=versions(),
        settings=settings._asdict(),
        pipeline=dict(ms=ms, images_per_s_per_core=1e3 / ms['all']),
        loop=dict(
            iteration_ms=sum(loop.whole) / len(loop.whole) * 1e3,
            wait_ms=sum(loop.waits) / len(loop.waits) * 1e3,
            wait_share=loop.wait_share,
            images_per_s=n * len(loop.whole) / sum(loop.whole),
        ),
        step=step,
        bound=bound,
        memory_mib=measured.memory_mib,
        step_memory_mib=measured.step_memory_mib,
        flops_per_image=measured.flops / n,
    )
    return dict(report, **_utilisation(report, measured.flops))


def describe(
    cfg: Config, name: str, measured: Measured, synthetic: bool
) -> dict[str, Any]:
    """Return what of a config decides its speed."""
    loader, wrapper = cfg.train_dataloader, cfg.optim_wrapper
    kind = str(wrapper.get('type', 'OptimWrapper')).split('.')[-1]
    optimizer = wrapper.optimizer
    return dict(
        name=name,
        batch_size=measured.batch_size,
        inputs=measured.shapes,
        workers=loader.num_workers,
        threads=torch.get_num_threads(),
        data='synthetic' if synthetic else "the config's",
        precision=_DTYPES.get(kind, 'float32'),
        accumulate=wrapper.get('accumulative_counts', 1),
        optimizer=str(optimizer.type),
        optimizer_loop=next(
            (key for key in ('fused', 'foreach') if optimizer.get(key)),
            "torch's choice",
        ),
        speed={key: v for key, v in (cfg.get('speed') or {}).items() if v},
    )


def _seconds(part: Mapping[str, Any], threads: int) -> float:
    """Return the time of a step: CPU time over threads, or the stream's."""
    if part['clock'] == 'CPU time' and threads == 1:
        return part['cpu_ms'] / 1e3
    return part['wall_ms'] / 1e3


def _utilisation(report: Report, flops: float) -> dict[str, Any]:
    """Return peak and MFU: of the loop with data, and of the bound."""
    gpu = report['machine']['gpu']
    on_gpu = report['settings']['device'].startswith('cuda')
    known = gpu if gpu and on_gpu else report['machine']['processor']
    has_tf32 = bool(
        on_gpu
        and gpu
        and torch.cuda.is_available()
        and torch.cuda.get_device_capability() >= (8, 0)
    )
    precision = convolution_precision(report['config']['precision'], has_tf32)
    peak = peak_flops(known, precision)
    if peak is None:
        return dict(peak_flops=None, mfu=None, mfu_bound=None)
    loop_s = report['loop']['iteration_ms'] / 1e3
    return dict(
        peak_flops=peak,
        mfu=flops / loop_s / peak,
        mfu_bound=flops / (report['bound']['wall_ms'] / 1e3) / peak,
    )


def write_json(report: Report, path: Path) -> None:
    """Write a report.

    Args:
        report: Of :func:`make_report`.
        path: File; its folder is made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + '\n')


def read_json(path: Path) -> Report:
    """Read what :func:`write_json` wrote.

    Raises:
        ValueError: No such report in the file; it is named.
    """
    try:
        report = json.loads(path.read_text())
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f'{path} is no readable profile: {error}') from None
    if not isinstance(report, dict) or report.get('format') != FORMAT:
        raise ValueError(
            f'{path} was not written by this command (format {FORMAT})'
        )
    return report
