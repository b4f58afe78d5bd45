"""Linear warm-up from 0, then cosine to 0, exactly at every step."""

from __future__ import annotations

import math
from typing import Any

from mmengine.optim.scheduler.lr_scheduler import LRSchedulerMixin
from mmengine.optim.scheduler.param_scheduler import INF, _ParamScheduler

from mmssl.engine.epoch_lengths import EpochLengths, check_warmup
from mmssl.registry import PARAM_SCHEDULERS


def warmup_cosine(done: float, warmup: float, total: float) -> float:
    """Return what the learning rate is multiplied by.

    ``done / warmup`` up to the end of the warm-up, then
    ``(1 + cos(pi (done - warmup) / (total - warmup))) / 2``.

    Args:
        done: Steps done when this one is: 1 for the first. Any unit, the same
            for all three, such as epochs.
        warmup: Length of the warm-up.
        total: Length of training.

    Example:
        >>> [warmup_cosine(k, warmup=2, total=4) for k in (1, 2, 3, 4)]
        [0.5, 1.0, 0.5, 0.0]
    """
    if done <= warmup:
        return done / warmup
    share = min((done - warmup) / (total - warmup), 1.0)
    return (1 + math.cos(math.pi * share)) / 2


@PARAM_SCHEDULERS.register_module()
class WarmupCosineLR(EpochLengths, LRSchedulerMixin, _ParamScheduler):
    """Schedule of SCRL's published code: :func:`warmup_cosine`.

    Step t (from 0) has ``lr * warmup_cosine(t + 1, warmup, end - begin)``:
    the first has lr / warmup, the last 0. With gradient accumulation the
    optimiser steps at the last of A iterations, t = A (k + 1) - 1 for step
    k, and so has the rate that it has with batches A times as large.

    mmengine's LinearLR and CosineAnnealingLR together are one step late in
    the cosine, and need the length of an epoch for the first value.

    Args:
        optimizer: Optimiser or its wrapper.
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

    Source: SCRL ``optim/scheduler.py`` (LinearWarmupScheduler around torch's
    CosineAnnealingLR, eta_min 0).
    Deviates: none; the published code adds up fractions of epochs, here the
    step is counted.
    """

    def __init__(
        self,
        optimizer: Any,
        warmup: float,
        begin: int = 0,
        end: int = INF,
        last_step: int = -1,
        by_epoch: bool = True,
        verbose: bool = False,
    ) -> None:
        check_warmup(
            warmup, end - begin, 'epochs' if by_epoch else 'iterations'
        )
        self.warmup = warmup
        super().__init__(
            optimizer,
            begin=begin,
            end=end,
            last_step=last_step,
            by_epoch=by_epoch,
            verbose=verbose,
        )

    def _get_value(self) -> list[float]:
        """Return the rate of each group at the present step."""
        factor = warmup_cosine(
            self.last_step + 1, self.warmup, self.end - self.begin
        )
        return [base * factor for base in self.base_values]
