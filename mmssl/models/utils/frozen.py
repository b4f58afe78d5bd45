"""Modules that are not trained, whatever kind they are."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

STATISTICS = ('batch', 'running')


def check_statistics(statistics: str) -> str:
    """Return which statistics batch normalisation takes.

    Raises:
        ValueError: Neither 'batch' nor 'running'.
    """
    if statistics not in STATISTICS:
        raise ValueError(
            f'statistics must be one of {", ".join(STATISTICS)}, got '
            f'{statistics!r}'
        )
    return statistics


def freeze_(module: nn.Module) -> nn.Module:
    """Take every parameter out of training; return the module.

    Args:
        module: Changed in place.

    Example:
        >>> any(p.requires_grad for p in freeze_(nn.Linear(1, 1)).parameters())
        False
    """
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    return module


def set_frozen_mode_(
    module: nn.Module, training: bool, statistics: str = 'running'
) -> nn.Module:
    """Set the mode of a frozen module; return it.

    Dropout, drop path and the like are always off, so that features depend
    on the image alone. Batch normalisation is as ``statistics`` says.

    Args:
        module: Changed in place.
        training: Whether the model around it is in training.
        statistics: 'running': those that the module has, never changed;
            'batch': in training those of the mini-batch, while the running
            ones follow, and the running ones in evaluation.

    Raises:
        ValueError: Unknown ``statistics``.
    """
    module.eval()
    if training and check_statistics(statistics) == 'batch':
        for part in module.modules():
            if isinstance(part, _BatchNorm):
                part.train()
    return module
