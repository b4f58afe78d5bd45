"""Cosine schedules of DINO and SOLIDER, counted in steps of the optimiser."""

from __future__ import annotations

import math
from typing import Any

from mmengine.optim.scheduler.lr_scheduler import LRSchedulerMixin
from mmengine.optim.scheduler.param_scheduler import INF, _ParamScheduler

from mmssl.engine.epoch_lengths import EpochLengths, check_warmup
from mmssl.registry import PARAM_SCHEDULERS


def step_cosine(
    step: int, total: int, base: float, final: float, warmup: int = 0
) -> float:
    """Return the value of one step: linear from 0 to base, cosine to final.

    ``base step / (warmup - 1)`` for the first ``warmup`` steps, so that the
    first has 0 and the last of them ``base``; then, with
    ``s = (step - warmup) / (total - warmup)``::

        final + (base - final) (1 + cos(pi s)) / 2

    which begins with ``base`` once more and ends one step before ``final``.

    Args:
        step: Steps of the optimiser before this one, 0 at the first.
        total: Steps of the whole run; later ones keep its last value's end.
        base: Where the warm-up ends.
        final: Where the cosine goes.
        warmup: Steps of the warm-up.

    Source: ``cosine_scheduler`` of the published DINO and SOLIDER.

    Example:
        >>> [step_cosine(k, 6, base=1.0, final=0.0, warmup=2) for k in (0, 1)]
        [0.0, 1.0]
        >>> [step_cosine(k, 6, base=1.0, final=0.0, warmup=2) for k in (2, 4)]
        [1.0, 0.5]
    """
    if step < warmup:
        return base * step / max(warmup - 1, 1)
    share = min((step - warmup) / max(total - warmup, 1), 1.0)
    return final + (base - final) * (1 + math.cos(math.pi * share)) / 2


class _StepCosine(EpochLengths, _ParamScheduler):
    """A value of parameter groups by :func:`step_cosine`.

    Under gradient accumulation A iterations make a step and have one value,
    the one that the step has with batches A times as large.

    Args:
        optimizer: Optimiser or its wrapper.
        param_name: Of the value in a group.
        final: Where the cosine goes.
        warmup: Length of the warm-up, in epochs or iterations as
            ``by_epoch``.
        begin: First step at which it acts.
        end: End of training.
        last_step: Last step done.
        by_epoch: Steps are epochs. With ``convert_to_iter_based=True`` in a
            config, lengths are given in epochs and steps are iterations.
        verbose: Print each change.

    Raises:
        LaunchError: The warm-up is negative or no shorter than training.
        ValueError: ``final`` is negative.
    """

    def __init__(
        self,
        optimizer: Any,
        param_name: str,
        final: float,
        warmup: float = 0,
        begin: int = 0,
        end: int = INF,
        last_step: int = -1,
        by_epoch: bool = True,
        verbose: bool = False,
    ) -> None:
        check_warmup(
            warmup, end - begin, 'epochs' if by_epoch else 'iterations'
        )
        if final < 0:
            raise ValueError(f'final must be at least 0, got {final}')
        self.final = final
        self.warmup = warmup
        super().__init__(
            optimizer, param_name, begin, end, last_step, by_epoch, verbose
        )

    def _get_value(self) -> list[float]:
        """Return the value of each group at the present step."""
        every = 1
        if not self.by_epoch:
            every = int(getattr(self.optimizer, '_accumulative_counts', 1))
        step = max(self.last_step, 0) // every
        total = -(-(self.end - self.begin) // every)
        warmup = math.ceil(self.warmup / every)
        return [
            self._of_group(step, total, base, warmup)
            for base in self.base_values
        ]

    def _of_group(
        self, step: int, total: int, base: float, warmup: int
    ) -> float:
        """Return the value of a group that begins with ``base``."""
        return step_cosine(step, total, base, self.final, warmup)


@PARAM_SCHEDULERS.register_module()
class StepCosineLR(LRSchedulerMixin, _StepCosine):
    """Learning rate of DINO and SOLIDER: :func:`step_cosine`.

    The first step of the optimiser has a rate of 0. ``final`` is a rate, the
    same for every batch size: ``--auto-scale-lr`` changes the peak alone.

    Args:
        optimizer: Optimiser or its wrapper; its rates are those of the peak.
        final: Rate after the last step.
        warmup: Length of the warm-up, in epochs or iterations as
            ``by_epoch``; 0 for none.
        begin: First step at which it acts.
        end: End of training.
        last_step: Last step done.
        by_epoch: Steps are epochs. With ``convert_to_iter_based=True`` in a
            config, lengths are given in epochs and steps are iterations.
        verbose: Print each change.

    Raises:
        LaunchError: The warm-up is negative or no shorter than training.
        ValueError: ``final`` is negative.

    Source: published DINO, ``utils.cosine_scheduler``, as SOLIDER has it.
    Deviates: under gradient accumulation, which it has not, steps count.
    """

    def __init__(
        self,
        optimizer: Any,
        final: float = 1e-6,
        warmup: float = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(optimizer, final=final, warmup=warmup, **kwargs)


@PARAM_SCHEDULERS.register_module()
class StepCosineWeightDecay(_StepCosine):
    """Weight decay of DINO and SOLIDER: :func:`step_cosine`.

    Groups without decay (biases, norms, all that has one dimension; see
    :class:`mmssl.engine.optimizers.RoleOptimWrapperConstructor`) keep none.

    Args:
        optimizer: Optimiser or its wrapper; its decay is that of the start.
        final: Decay after the last step.
        **kwargs: ``begin``, ``end``, ``last_step``, ``by_epoch`` and
            ``verbose`` as of :class:`StepCosineLR`.

    Raises:
        ValueError: ``final`` is negative.

    Source: published DINO, ``utils.cosine_scheduler``, as SOLIDER has it.
    Deviates: under gradient accumulation, which it has not, steps count.
    """

    def __init__(
        self, optimizer: Any, final: float = 0.4, **kwargs: Any
    ) -> None:
        super().__init__(optimizer, 'weight_decay', final=final, **kwargs)

    def _of_group(
        self, step: int, total: int, base: float, warmup: int
    ) -> float:
        return super()._of_group(step, total, base, warmup) if base else 0.0
