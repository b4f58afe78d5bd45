"""Schedules whose lengths are given in epochs, and run by iterations."""

from __future__ import annotations

from typing import Any

from mmengine.optim.scheduler.param_scheduler import INF

from mmssl.engine.run_config import LaunchError


def check_warmup(warmup: float, length: float, unit: str) -> None:
    """Raise LaunchError unless the warm-up ends before training does.

    Args:
        warmup: Its length.
        length: That of training.
        unit: Of both, for the message.
    """
    if not 0 <= warmup < length:
        raise LaunchError(
            f'warmup must be at least 0 and less than the {length} {unit} of '
            f'training, got {warmup}: for a short run, set '
            'param_scheduler.0.warmup as well'
        )


class EpochLengths:
    """Adds ``convert_to_iter_based`` to a scheduler with a warm-up."""

    @classmethod
    def build_iter_from_epoch(
        cls,
        optimizer: Any,
        *,
        warmup: float | None = None,
        begin: int = 0,
        end: int = INF,
        by_epoch: bool = True,
        epoch_length: int | None = None,
        **kwargs: Any,
    ) -> Any:
        """Build one by iterations from lengths in epochs.

        Args:
            optimizer: Optimiser or its wrapper.
            warmup: Epochs of the warm-up; None: as the scheduler has it.
            begin: First epoch.
            end: Epochs of training.
            by_epoch: Must be True.
            epoch_length: Iterations of an epoch.
            **kwargs: Of the constructor.

        Raises:
            LaunchError: The warm-up is negative or no shorter than training.
            ValueError: Not by epochs, or an epoch has no iteration.
        """
        if not by_epoch or not epoch_length:
            raise ValueError(
                'convert_to_iter_based needs by_epoch=True and an epoch of '
                f'at least 1 iteration, got {by_epoch} and {epoch_length}'
            )
        if warmup is not None:
            check_warmup(warmup, end - begin, 'epochs')
            kwargs['warmup'] = warmup * epoch_length
        scheduler: Any = cls
        return scheduler(
            optimizer,
            begin=begin * epoch_length,
            end=end if end == INF else end * epoch_length,
            by_epoch=False,
            **kwargs,
        )
