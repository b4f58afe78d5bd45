"""A probe of frozen features as a job: no host trains anything."""

from __future__ import annotations

import time
from typing import Any

from mmengine.config import Config, ConfigDict
from mmengine.registry import DefaultScope

from mmssl.checkpoints.pickle_globals import CheckpointError
from mmssl.downstream.errors import HandOffError
from mmssl.downstream.exported import Exported
from mmssl.downstream.job_spec import JobSpec
from mmssl.downstream.load_gate import as_load, check_names, random_report
from mmssl.registry import MODELS


def is_probe(config: Config) -> bool:
    """Whether a task is a probe, and has no host."""
    return 'probe' in config


def probe_task(
    config: Config, exported: Exported, spec: JobSpec
) -> tuple[dict[str, float], dict[str, Any], dict[str, float]]:
    """Measure the features of a backbone.

    Args:
        config: Of the probe.
        exported: The backbone.
        spec: Of the job.

    Returns:
        Numbers, load report, seconds.

    Raises:
        HandOffError: The backbone is not known, or the probe fails.
    """
    # Here: it imports all probes.
    from mmssl.probes.benchmark_probe import run_probe

    architecture = _architecture(exported)
    network = _built(architecture, config)
    load = random_report(network)
    if exported.file is not None:
        load = as_load(check_names(exported, network))
    print(load['text'], flush=True)
    if exported.pixels and not config.get('normalize'):
        config.normalize = ConfigDict(exported.pixels)
    begin = time.perf_counter()
    try:
        metrics = run_probe(
            config,
            exported.file or architecture,
            seed=spec.seed,
            device=_device(spec.device),
            architecture=architecture,
        )
    except FileNotFoundError as error:
        raise HandOffError('data', str(error)) from error
    except (CheckpointError, ValueError) as error:
        raise HandOffError('misfit', f'{spec.task}: {error}') from error
    seconds = dict(start=0.0, train=0.0, test=time.perf_counter() - begin)
    return metrics, load, seconds


def _architecture(exported: Exported) -> dict[str, Any]:
    """Return the config of the backbone, as mmssl builds it."""
    if exported.config is None:
        raise HandOffError(
            'checkpoint',
            f'{exported.name}: a probe needs to know the architecture; give '
            'a file of mmssl export, or the config of the backbone',
        )
    config = dict(exported.config)
    if exported.kind == 'SwinTransformer':
        config['pad_small_map'] = True
        if exported.strides:
            merging = dict(
                (config.get('stage_cfgs') or {}).get('downsample_cfg', {})
            )
            each = [dict(merging, stride=s) for s in exported.strides[1:]]
            config['stage_cfgs'] = [
                *(dict(downsample_cfg=d) for d in each),
                {},
            ]
    return config


def _built(architecture: dict[str, Any], config: Config) -> Any:
    """Build the backbone, to compare its names."""
    # Here: it imports all probes.
    from mmssl.probes.benchmark_probe import stages_there

    changes = {}
    try:
        if config.get('stages') is not None:
            changes['out_indices'] = stages_there(architecture, config.stages)
        with DefaultScope.overwrite_default_scope('mmssl'):
            return MODELS.build(dict(architecture, init_cfg=None, **changes))
    except Exception as error:
        raise HandOffError(
            'misfit',
            f'{architecture["type"]} cannot be built for the probe: {error}',
        ) from error


def _device(device: str) -> str:
    """Return the name of the device that is taken."""
    import torch

    if device == 'auto':
        return 'cuda' if torch.cuda.is_available() else 'cpu'
    return device
