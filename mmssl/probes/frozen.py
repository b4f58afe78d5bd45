"""A module in evaluation mode for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def frozen(module: nn.Module) -> Iterator[nn.Module]:
    """Evaluate without gradients, then leave every part in its own mode.

    Modes are set on the parts one by one: ``train()`` and ``eval()`` of a
    backbone of mmpretrain freeze stages and norm layers as they see fit.

    Args:
        module: in whatever mode; parts may differ.

    Example:
        >>> net = nn.Sequential(nn.Dropout(), nn.Linear(1, 1).eval())
        >>> with frozen(net):
        ...     net[0].training
        False
        >>> [part.training for part in net]
        [True, False]
    """
    modes = [(part, part.training) for part in module.modules()]
    try:
        for part, _ in modes:
            part.training = False
        with torch.no_grad():
            yield module
    finally:
        for part, mode in modes:
            part.training = mode
