"""From a task's config to that of one job: seed, device, folder, one test."""

from __future__ import annotations

import os
from collections.abc import Mapping

import torch
from mmengine.config import Config

from mmssl.downstream.errors import HandOffError
from mmssl.downstream.job_spec import JobSpec
from mmssl.utils.sync_bn import without_sync_bn

_TRAINS = ('train_cfg', 'train_dataloader', 'optim_wrapper')
_JUDGES = ('dataloader', 'evaluator')


def hide_gpus(device: str) -> None:
    """Let hosts, which take a GPU where there is one, see none.

    Before anything asks for GPUs in this process.

    Args:
        device: 'auto', 'cpu' or 'cuda'.

    Raises:
        HandOffError: 'cuda', and there is none.
    """
    if device == 'cpu':
        os.environ['CUDA_VISIBLE_DEVICES'] = ''
    elif device == 'cuda' and not torch.cuda.is_available():
        raise HandOffError(
            'device',
            'device is cuda, and torch sees no GPU here: use cpu, or look '
            'at CUDA_VISIBLE_DEVICES and at the torch that is installed',
        )


def prepare(config: Config, spec: JobSpec) -> None:
    """Write into a config what makes it this job.

    The model is judged once, at the end: validation during training would
    cost time and choose nothing. On a CPU everything is deterministic.

    Args:
        config: Of the task, with its backbone; it is changed.
        spec: Of the job.

    Raises:
        HandOffError: The config has no training, or nothing to judge by.
    """
    missing = [name for name in _TRAINS if not config.get(name)]
    if missing:
        raise HandOffError(
            'config',
            f'the config lacks {", ".join(missing)}: it trains nothing',
        )
    _judge_once(config)
    on_cpu = not torch.cuda.is_available()
    config.work_dir = spec.work_dir
    config.launcher = spec.launcher
    config.randomness = dict(seed=spec.seed, deterministic=on_cpu)
    config.experiment_name = f'{spec.task}-{spec.backbone.name}-{spec.seed}'
    config.resume = False
    saving = (config.get('default_hooks') or {}).get('checkpoint')
    if isinstance(saving, Mapping):
        saving = dict(saving, max_keep_ckpts=1)
        saving.pop('save_best', None)
        config.default_hooks.checkpoint = saving
    if on_cpu and spec.launcher == 'none':
        config.model = without_sync_bn(config.model)


def _judge_once(config: Config) -> None:
    """Keep the test, or make the validation the test, and drop the rest."""
    for name in _JUDGES:
        if not config.get(f'test_{name}'):
            config[f'test_{name}'] = config.get(f'val_{name}')
        if not config.get(f'test_{name}'):
            raise HandOffError(
                'config',
                f'the config has neither test_{name} nor val_{name}: nothing '
                'to judge by',
            )
        config[f'val_{name}'] = None
    if config.get('test_cfg') is None:
        config.test_cfg = dict()
    config.val_cfg = None
