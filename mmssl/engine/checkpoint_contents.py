"""What goes into a checkpoint, as data that no reader has to execute."""

from __future__ import annotations

import copy
import time
from collections.abc import Mapping
from typing import Any

import mmengine
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.utils import get_git_hash

from mmssl.utils.model_wrapper import unwrapped


def checkpoint_contents(
    runner: Any, meta: Mapping[str, Any], optimizer: bool, schedulers: bool
) -> dict[str, Any]:
    """Collect what mmengine keeps in a checkpoint, all of it on the CPU.

    Args:
        runner: The runner.
        meta: Must hold ``epoch`` and ``iter``; the rest is added.
        optimizer: Whether to keep the optimizer's state.
        schedulers: Whether to keep the schedulers' states.

    Returns:
        ``meta``, ``state_dict``, ``message_hub`` and, if asked for,
        ``optimizer`` and ``param_schedulers``: what
        ``mmengine.runner.Runner.resume`` reads.

    Raises:
        TypeError: The runner's optimizer wrapper is not built.
    """
    contents: dict[str, Any] = dict(
        meta=_meta(runner, meta),
        state_dict=_on_cpu(unwrapped(runner.model).state_dict()),
        message_hub=_on_cpu(runner.message_hub.state_dict()),
    )
    if optimizer:
        wrapper = runner.optim_wrapper
        if not isinstance(wrapper, (OptimWrapper, OptimWrapperDict)):
            raise TypeError(
                'the optimizer wrapper is not built yet, it is a '
                f'{type(wrapper).__name__}: save during training'
            )
        contents['optimizer'] = _on_cpu(wrapper.state_dict())
    if schedulers and runner.param_schedulers is not None:
        built = runner.param_schedulers
        contents['param_schedulers'] = (
            {name: _states(group) for name, group in built.items()}
            if isinstance(built, dict)
            else _states(built)
        )
    return contents


def _meta(runner: Any, meta: Mapping[str, Any]) -> dict[str, Any]:
    """Add what identifies the run."""
    found = dict(
        meta,
        cfg=runner.cfg.pretty_text,
        seed=runner.seed,
        experiment_name=runner.experiment_name,
        time=time.strftime('%Y%m%d_%H%M%S'),
        mmengine_version=mmengine.__version__ + get_git_hash(),
    )
    dataset = runner.train_dataloader.dataset
    if hasattr(dataset, 'metainfo'):
        found['dataset_meta'] = dataset.metainfo
    return found


def _states(schedulers: Any) -> list[dict[str, Any]]:
    """Return states without functions, which the schedulers make anew."""
    return [
        {
            name: copy.deepcopy(value)
            for name, value in scheduler.state_dict().items()
            if not callable(value)
        }
        for scheduler in schedulers
    ]


def _on_cpu(value: Any) -> Any:
    """Return containers of the same kind with their tensors on the CPU."""
    if isinstance(value, torch.Tensor):
        return value.detach().cpu()
    if isinstance(value, Mapping):
        moved = type(value)()
        for key, part in value.items():
            moved[key] = _on_cpu(part)  # type: ignore[index]
        if hasattr(value, '_metadata'):
            moved._metadata = value._metadata  # type: ignore[attr-defined]
        return moved
    if type(value) in (list, tuple):
        return type(value)(_on_cpu(part) for part in value)
    return value
