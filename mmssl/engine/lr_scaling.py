"""Learning rate and batch size: ``--auto-scale-lr``.

A config's learning rate was chosen for one batch size, its
``auto_scale_lr.base_batch_size``. With B samples in each step of the
optimiser instead of B0, the rate is multiplied by::

    linear:  B / B0         (SGD: Goyal et al., arXiv:1706.02677)
    sqrt:    sqrt(B / B0)   (Adam and its kin: Malladi et al.,
                             arXiv:2205.10287)

B counts all processes and all accumulated batches.

Groups with ``lr_twice`` (SCRL's published code, see
:mod:`mmssl.engine.optimizers`) are no exception: the published code scales
the rate first and squares it then, so that their step goes with the square of
the factor. The log says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mmengine.optim import OptimWrapper, OptimWrapperDict

from mmssl.engine.run_config import LaunchError

RULES = ('linear', 'sqrt')


def scale_factor(batch: int, base: int, rule: str = 'linear') -> float:
    """Return what the learning rate is multiplied by.

    Args:
        batch: Samples in each step of the optimiser.
        base: The same, of the run that the rate was chosen for.
        rule: One of :data:`RULES`.

    Raises:
        LaunchError: No such rule, or a size below 1.

    Example:
        >>> scale_factor(64, 16)
        4.0
        >>> scale_factor(64, 16, 'sqrt')
        2.0
    """
    if rule not in RULES:
        raise LaunchError(
            f'auto_scale_lr.rule must be one of {", ".join(RULES)}, '
            f'got {rule!r}'
        )
    if batch < 1 or base < 1:
        raise LaunchError(
            'auto_scale_lr needs batch sizes of at least 1, got '
            f'{batch} and base_batch_size={base}'
        )
    ratio = batch / base
    return math.sqrt(ratio) if rule == 'sqrt' else ratio


def scale_lr(
    optim_wrapper: OptimWrapper | OptimWrapperDict,
    batch_size: int,
    processes: int,
    settings: Mapping[str, Any] | None,
) -> list[str]:
    """Scale the rates of all optimisers, if the settings ask for it.

    Args:
        optim_wrapper: Its optimisers' groups are changed in place.
        batch_size: Samples of one process in one forward pass.
        processes: Number of processes.
        settings: ``auto_scale_lr`` of the config: ``enable``,
            ``base_batch_size`` and ``rule``.

    Returns:
        A line for the log for each optimiser: what was done, or would be.
    """
    if not settings or 'base_batch_size' not in settings:
        return []
    base, rule = settings['base_batch_size'], settings.get('rule', 'linear')
    lines = []
    for name, wrapper in _named(optim_wrapper):
        accumulated = int(getattr(wrapper, '_accumulative_counts', 1))
        batch = batch_size * processes * accumulated
        factor = scale_factor(batch, base, rule)
        made_of = (
            f'{batch} = {batch_size} per process x {processes} process'
            f'{"es" if processes > 1 else ""} x {accumulated} accumulated'
        )
        if settings.get('enable'):
            lines.append(
                f'learning rate{name} x {factor:.6g}, {rule}: the batch is '
                f'{made_of}; the config was made for {base}. '
                + _scale_groups(wrapper, factor)
            )
        elif batch != base:
            lines.append(
                f'learning rate{name} is not scaled: the batch is {made_of}; '
                f'the config was made for {base}. --auto-scale-lr would '
                f'multiply it by {factor:.6g} ({rule})'
            )
    return lines


def _named(
    optim_wrapper: OptimWrapper | OptimWrapperDict,
) -> list[tuple[str, Any]]:
    """Return the wrappers, with their names where there are several."""
    if isinstance(optim_wrapper, OptimWrapperDict):
        return [(f' of {key}', w) for key, w in optim_wrapper.items()]
    return [('', optim_wrapper)]


def _scale_groups(wrapper: OptimWrapper, factor: float) -> str:
    """Multiply the rate of each group; return what became of them."""
    changes: dict[str, None] = {}  # in order, each once
    for group in wrapper.optimizer.param_groups:
        before = group['lr']
        group['lr'] = before * factor
        text = f'{before:.6g} -> {group["lr"]:.6g}'
        if group.get('lr_twice'):
            step = group['lr'] ** 2
            text += f' (its step lr^2 {before**2:.6g} -> {step:.6g})'
        changes[text] = None
    return 'lr ' + ', '.join(changes)
