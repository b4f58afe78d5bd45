"""The rate of stochastic depth of a network that is built already."""

from __future__ import annotations

from typing import Any

from torch import nn


def set_drop_path(network: nn.Module, rate: float) -> int:
    """Scale the rates of all blocks, so that the largest becomes ``rate``.

    Rates that grow with depth, as they do in transformers, go on to.

    Args:
        network: its ``DropPath`` modules are changed in place.
        rate: largest share of left-out blocks, in [0, 1).

    Returns:
        How many modules were changed.

    Raises:
        ValueError: ``rate`` is out of range, or it is not 0 and there is
            nothing to scale.

    Example:
        >>> from mmcv.cnn.bricks import DropPath
        >>> blocks = nn.Sequential(DropPath(0.1), DropPath(0.2))
        >>> set_drop_path(blocks, 0.5), blocks[0].drop_prob
        (2, 0.25)
    """
    if not 0 <= rate < 1:
        raise ValueError(f'a drop path rate must be in [0, 1), got {rate}')
    # mmcv, mmpretrain and timm each have a class of this name.
    found = [m for m in network.modules() if type(m).__name__ == 'DropPath']
    rates = [float(getattr(m, 'drop_prob', 0.0) or 0.0) for m in found]
    largest = max(rates, default=0.0)
    if rate > 0 and largest == 0:
        raise ValueError(
            f'a drop path rate of {rate} is asked for, but '
            f'{type(network).__name__} has no stochastic depth: set '
            'backbone.drop_path_rate, or a rate of 0'
        )
    for module, old in zip(found, rates):
        block: Any = module
        block.drop_prob = old * rate / largest if largest else 0.0
    return len(found)
