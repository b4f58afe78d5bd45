"""A dumped model and its optimizer wrapper, built again."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from mmengine import registry as registries
from mmengine.config import ConfigDict
from mmengine.logging import MessageHub
from mmengine.model import revert_sync_batchnorm
from mmengine.optim import OptimWrapper, build_optim_wrapper
from mmengine.registry import Registry, init_default_scope
from mmengine.utils import import_modules_from_strings
from torch import nn

from mmssl.engine.plain_data import decode
from mmssl.engine.speed_options import apply_model_options
from mmssl.registry import MODELS

_SCOPES = ('mmcv', 'mmdet', 'mmengine', 'mmpose', 'mmpretrain', 'mmseg')


class ReplayError(ValueError):
    """A dump that cannot be replayed here, with the reason."""


def build(
    state: Mapping[str, Any], device: torch.device, trust: bool
) -> tuple[nn.Module, Any, list[str]]:
    """Build model and optimizer wrapper as they were before the step.

    Args:
        state: ``state.pth`` of a dump.
        device: Where the model shall be.
        trust: Import and build whatever the config names.

    Returns:
        Model, wrapper, and what is different from the run, in words.

    Raises:
        ReplayError: The config names code that is not mmssl's or the host's,
            and is not trusted; or it cannot be built.
    """
    cfg = ConfigDict(decode(state['config']))
    imports = cfg.get('custom_imports')
    if imports and trust:
        try:
            import_modules_from_strings(**imports)
        except ImportError as error:
            raise ReplayError(
                f"a module of the dump's config is not found: {error}; put "
                'its folder into PYTHONPATH'
            ) from error
    init_default_scope(cfg.get('default_scope') or 'mmssl')
    if not trust:
        _refuse_other_code(cfg)
    for name, value in state['hub'].items():
        MessageHub.get_current_instance().update_info(name, value)
    notes: list[str] = []
    try:
        model = MODELS.build(copy.deepcopy(cfg.model))
    except (KeyError, ImportError, RuntimeError, TypeError) as error:
        raise ReplayError(
            f'the model of the dump cannot be built here: {error}'
        ) from error
    model = _with_options(model, cfg, device, notes)
    model.load_state_dict(state['state_dict'])
    model.to(device).train()
    _set_modes(model, state['modes'])
    wrapper = _wrapper(model, cfg, device, notes)
    _load_wrapper(wrapper, state, notes)
    return model, wrapper, notes


def _with_options(
    model: nn.Module, cfg: Any, device: torch.device, notes: list[str]
) -> nn.Module:
    """Apply what changes the arithmetic but is no part of the model."""
    speed = dict(cfg.get('speed') or {})
    if speed.pop('compile', None):
        notes.append('torch.compile is left out')
    if cfg.get('sync_bn') or any(
        isinstance(module, nn.SyncBatchNorm) for module in model.modules()
    ):
        model = revert_sync_batchnorm(model)
        notes.append('statistics of batch norm are those of one process')
    return apply_model_options(model, speed)


def _set_modes(model: nn.Module, modes: Mapping[str, Any]) -> None:
    """Freeze and put into evaluation mode what was."""
    evaluating, frozen = set(modes['evaluating']), set(modes['frozen'])
    for name, module in model.named_modules():
        module.training = name not in evaluating
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name not in frozen)


def _wrapper(
    model: nn.Module, cfg: Any, device: torch.device, notes: list[str]
) -> Any:
    """Build the optimizer wrapper, without mixed precision if need be."""
    wanted = copy.deepcopy(cfg.optim_wrapper)
    kind = str(wanted.get('type', 'OptimWrapper')).split('.')[-1]
    if kind == 'AmpOptimWrapper' and device.type == 'cpu':
        notes.append('float16 needs a GPU: replayed in float32')
        for key in ('loss_scale', 'dtype', 'use_fsdp'):
            wanted.pop(key, None)
        wanted['type'] = 'OptimWrapper'
    try:
        return build_optim_wrapper(model, wanted)
    except (KeyError, ImportError, RuntimeError, TypeError) as error:
        raise ReplayError(
            f'the optimizer of the dump cannot be built here: {error}'
        ) from error


def wrappers_of(wrapper: Any) -> dict[str, OptimWrapper]:
    """Return the wrappers by name; a single one has none."""
    parts = getattr(wrapper, 'optim_wrappers', None)
    return dict(parts) if parts is not None else {'': wrapper}


def _load_wrapper(
    wrapper: Any, state: Mapping[str, Any], notes: list[str]
) -> None:
    """Load the optimizer's state and counts, as before the step."""
    loaded = copy.deepcopy(state['optimizer'])
    if not hasattr(wrapper, 'loss_scaler'):
        loaded.pop('loss_scaler', None)
    try:
        wrapper.load_state_dict(loaded)
    except (ValueError, KeyError) as error:
        notes.append(f'the optimizer starts anew: {error}')
    for name, part in wrappers_of(wrapper).items():
        counts = state['counts'][name]
        part._inner_count = counts['inner']
        part._max_counts = counts['maximum']
        part._remainder_counts = counts['maximum'] % part._accumulative_counts


def _refuse_other_code(cfg: Any) -> None:
    """Let nothing be built that no registry knows.

    mmengine takes ``type='os.system'`` for a function to call.
    """
    imports = dict(cfg.get('custom_imports') or {}).get('imports') or []
    imports = [imports] if isinstance(imports, str) else list(imports)
    if imports:
        raise ReplayError(
            f"the dump's config imports {', '.join(imports)}: if the dump is "
            'from a run of yours, say --trust'
        )
    known = _registered()
    for name in _types([cfg.get('model'), cfg.get('optim_wrapper')]):
        scope, _, rest = name.rpartition('.')
        if rest not in known or scope not in ('', 'mmssl', *_SCOPES):
            raise ReplayError(
                f"the dump's config builds {name!r}, which no registry "
                'knows: if the dump is from a run of yours, say --trust'
            )


def _types(value: Any) -> Iterator[str]:
    """Yield every ``type`` of nested configs."""
    if isinstance(value, Mapping):
        if value.get('type') is not None:
            yield str(value['type'])
        for part in value.values():
            yield from _types(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _types(part)


def _registered() -> set[str]:
    """Return the names of everything that registries can build."""
    names: set[str] = set()
    todo = [
        part
        for part in vars(registries).values()
        if isinstance(part, Registry)
    ]
    while todo:
        registry = todo.pop()
        registry.import_from_location()
        names |= registry.module_dict.keys()
        todo += registry.children.values()
    return names
