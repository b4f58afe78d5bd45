"""What a resumed run has in common with the one that wrote the checkpoint.

A checkpoint says under which conditions it was written; when it is resumed,
every condition that differs and changes results is named, with what it
changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmengine.dist import get_world_size

from mmssl.engine.batch_stream import batch_draws
from mmssl.engine.run_state import accumulation

# Parts of a config that decide what is computed, and keys in them that don't.
_PARTS = (
    *('activation_checkpointing', 'compile', 'custom_hooks'),
    *('data_preprocessor', 'efficient_conv_bn_eval', 'model'),
    *('optim_wrapper', 'param_scheduler', 'randomness', 'sync_bn'),
    *('train_cfg', 'train_dataloader'),
)
_HARMLESS = {
    *('data_root', 'disable_subprocess_warning', 'dynamic_intervals'),
    *('num_workers', 'persistent_workers', 'pin_memory', 'prefetch_factor'),
    *('timeout', 'val_begin', 'val_interval'),
}
# A resumed run takes these from the checkpoint.
_KEPT = ('randomness.seed', 'train_dataloader.sampler.seed')
_HARMLESS_TYPES = (
    *('BadDataHook', 'FlowVisualizationHook', 'LoadReportHook'),
    *('PlainMessageHubHook', 'StopSignalHook', 'ThroughputHook'),
)
_MOST_KEYS = 8
_WHY = {
    'processes': 'the samples come in the same order, but random states of '
    'the network and batch statistics of single processes begin anew, sums '
    'are rounded differently, and the learning rate stays as it was',
    'batch_size': 'the next batch begins at the first sample that was not '
    'seen; iterations are counted on',
    'accumulation': 'gradients that waited for the end of an accumulation '
    'are dropped',
    'samples': 'another data set: the order of the samples is another one',
    'device': 'other kernels round differently',
    'torch': 'kernels may round differently',
    'numpy': 'transforms may round differently',
    'threads': 'sums may be rounded differently',
    'loop': 'another training loop',
}


def conditions(runner: Any) -> dict[str, Any]:
    """Collect what decides the numbers that a run computes.

    Args:
        runner: With its training loop and optimizer wrapper built.

    Returns:
        Plain data; ``config`` is dotted key -> value as text.
    """
    loader = runner.train_dataloader
    device = 'cpu'
    if torch.cuda.is_available():
        device = torch.cuda.get_device_name()
    return dict(
        processes=get_world_size(),
        batch_size=batch_draws(loader) // get_world_size(),
        accumulation=accumulation(runner),
        samples=len(loader.dataset),
        device=device,
        torch=torch.__version__.split('+')[0],
        numpy=np.__version__,
        threads=torch.get_num_threads(),
        loop=type(runner.train_loop).__name__,
        config=flat_config(runner.cfg),
    )


def flat_config(cfg: Mapping[str, Any]) -> dict[str, str]:
    """Return the parts of a config that decide results, as dotted keys.

    Example:
        >>> flat_config({'train_cfg': {'max_iters': 9}, 'work_dir': 'a'})
        {'train_cfg.max_iters': '9'}
    """
    found: dict[str, str] = {}
    for name in _PARTS:
        if cfg.get(name) is not None:
            _flatten(cfg[name], name, found)
    return found


def _flatten(value: Any, path: str, found: dict[str, str]) -> None:
    if isinstance(value, Mapping):
        if str(value.get('type')).split('.')[-1] in _HARMLESS_TYPES:
            return
        for key, part in value.items():
            if key not in _HARMLESS:
                _flatten(part, f'{path}.{key}', found)
    elif isinstance(value, (list, tuple)):
        for name, part in _named_parts(value):
            _flatten(part, f'{path}.{name}', found)
    elif path not in _KEPT:
        found[path] = repr(value)


def _named_parts(parts: Sequence[Any]) -> list[tuple[str, Any]]:
    """Name parts of a list by their types, if those differ, else by place.

    So that one hook more does not change the names of those after it.
    """
    types = [
        str(part['type']).split('.')[-1]
        for part in parts
        if isinstance(part, Mapping) and 'type' in part
    ]
    if len(set(types)) < len(parts):
        types = [str(place) for place in range(len(parts))]
    return list(zip(types, parts))


def differences(
    before: Mapping[str, Any], now: Mapping[str, Any]
) -> list[str]:
    """Name what changes the results of a resumed run, and how.

    Args:
        before: :func:`conditions` of the checkpoint.
        now: Those of the run that resumes it.

    Returns:
        One sentence each; none if the run goes on exactly.

    Example:
        >>> differences(dict(threads=2), dict(threads=1))
        ['threads: 1 instead of 2 (sums may be rounded differently)']
    """
    found = [
        f'{name}: {now.get(name)} instead of {before[name]} ({why})'
        for name, why in _WHY.items()
        if name in before and before[name] != now.get(name)
    ]
    keys = _changed_keys(before.get('config', {}), now.get('config', {}))
    if len(keys) > _MOST_KEYS:
        rest = len(keys) - _MOST_KEYS
        keys = [*keys[:_MOST_KEYS], f'and {rest} more keys']
    return found + [f'config: {text}' for text in keys]


def _changed_keys(
    before: Mapping[str, str], now: Mapping[str, str]
) -> list[str]:
    """Return one text for each key of a config that differs."""
    nothing = 'nothing'
    return [
        f'{key} is {now.get(key, nothing)}, was {before.get(key, nothing)}'
        for key in sorted(before.keys() | now.keys())
        if before.get(key) != now.get(key)
        and not key.endswith('.batch_size')
        and not key.endswith('.accumulative_counts')
    ]


def notice(
    iteration: int, found: Sequence[str], device: str
) -> tuple[bool, str]:
    """Put the outcome into words.

    Args:
        iteration: Iterations done.
        found: What differs.
        device: Of the run that resumes.

    Returns:
        Whether it is a warning; its text.
    """
    start = f'goes on after iteration {iteration}'
    if found:
        items = ''.join(f'\n  - {text}' for text in found)
        return True, (
            f'{start}, but not exactly as the run would have gone on '
            f'without the stop:{items}'
        )
    if device == 'cpu':
        return False, f'{start}, exactly: to the bit on this CPU'
    return False, (
        f'{start}, with nothing changed: as exact as the kernels of {device} '
        'are from run to run'
    )
