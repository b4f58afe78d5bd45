"""What makes training faster or smaller, and nothing else.

In a config::

    speed = dict(channels_last=True, compile=True, grad_checkpoint=True)
    optim_wrapper = dict(accumulative_counts=2, optimizer=dict(fused=True))

or as arguments of ``train``. None of them changes the names or the meaning of
weights: a checkpoint made with one loads without it.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from mmengine.config import Config
from mmengine.registry import OPTIMIZERS
from torch import nn

from mmssl.engine.checkpointed_blocks import checkpoint_blocks
from mmssl.engine.compiled_parts import compile_parts
from mmssl.engine.run_config import LaunchError, set_precision

KEYS = ('channels_last', 'compile', 'grad_checkpoint')
OPTIMIZER_LOOPS = ('for-loop', 'foreach', 'fused')


class SpeedOptions(NamedTuple):
    """Choices of the command line; None leaves the config's.

    Attributes:
        precision: 'fp32', 'bf16' or 'fp16'.
        channels_last: Weights and maps with the channels innermost.
        compile: torch.compile for the network's parts.
        grad_checkpoint: Make activations again instead of keeping them.
        accumulate: Batches of one step of the optimiser.
        optimizer_loop: How the optimiser goes through the weights:
            one of :data:`OPTIMIZER_LOOPS`.
    """

    precision: str | None = None
    channels_last: bool = False
    compile: bool = False
    grad_checkpoint: bool = False
    accumulate: int | None = None
    optimizer_loop: str | None = None


def set_speed(cfg: Config, options: SpeedOptions) -> None:
    """Write choices of the command line into a config.

    Args:
        cfg: Changed in place.
        options: The choices.

    Raises:
        LaunchError: The config cannot be changed like that.
    """
    set_precision(cfg, options.precision)
    chosen = {key: True for key in KEYS if getattr(options, key)}
    if chosen:
        cfg.speed = {**chosen, **_kept(cfg, chosen)}
    if options.accumulate is not None:
        if options.accumulate < 1:
            raise LaunchError(
                f'--accumulate must be >= 1, got {options.accumulate}'
            )
        _wrapper(cfg).accumulative_counts = options.accumulate
    if options.optimizer_loop is not None:
        set_optimizer_loop(cfg, options.optimizer_loop)


def set_optimizer_loop(cfg: Config, loop: str) -> None:
    """Choose how the optimiser goes through the weights.

    Args:
        cfg: ``optim_wrapper.optimizer`` is changed.
        loop: One of :data:`OPTIMIZER_LOOPS`.

    Raises:
        LaunchError: Unknown, or the optimiser has no such choice.
    """
    if loop not in OPTIMIZER_LOOPS:
        raise LaunchError(
            f'the optimiser goes by {", ".join(OPTIMIZER_LOOPS)}, got {loop!r}'
        )
    optimizer = _wrapper(cfg).optimizer
    found = OPTIMIZERS.get(str(optimizer.type))
    known = inspect.signature(found).parameters if found else {}
    for name in ('foreach', 'fused'):
        if name in known:
            optimizer[name] = loop == name
        elif name == loop:
            raise LaunchError(
                f'{optimizer.type} has no argument {name!r} in torch '
                f'{torch.__version__}: leave --optimizer-loop out'
            )


def apply_model_options(
    model: nn.Module, options: Mapping[str, Any] | None
) -> nn.Module:
    """Apply ``speed`` of a config to a model that was just built.

    Args:
        model: Changed in place, before it is wrapped for several processes.
        options: ``channels_last``: bool; ``compile``: bool, or arguments of
            ``torch.compile``; ``grad_checkpoint``: bool, or names of
            modules.

    Returns:
        The model.

    Raises:
        LaunchError: Unknown option, or it does not fit the model.
    """
    options = dict(options or {})
    unknown = sorted(set(options) - set(KEYS))
    if unknown:
        raise LaunchError(
            f'unknown speed option {unknown[0]!r}; valid: {", ".join(KEYS)}'
        )
    if options.get('compile') and options.get('grad_checkpoint'):
        raise LaunchError(
            'speed: compile and grad_checkpoint exclude each other: compiled '
            'code decides by itself what it keeps for the backward pass'
        )
    if options.get('channels_last'):
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    blocks = options.get('grad_checkpoint')
    if blocks:
        try:
            checkpoint_blocks(model, None if blocks is True else blocks)
        except ValueError as error:
            raise LaunchError(f'speed: {error}') from None
    if options.get('compile'):
        chosen = options['compile']
        compile_parts(model, None if chosen is True else chosen)
    return model


def _kept(cfg: Config, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return the config's options; details of a chosen one win over True."""
    own = dict(cfg.get('speed') or {})
    return {key: v for key, v in own.items() if v or key not in chosen}


def _wrapper(cfg: Config) -> Any:
    """Return the config's optimiser wrapper."""
    if cfg.get('optim_wrapper') is None:
        raise LaunchError('the config has no optim_wrapper')
    return cfg.optim_wrapper
