"""Random numbers of which every process has its own."""

from __future__ import annotations

from typing import Callable

from mmengine.dist import get_dist_info
from torch import Tensor


def own_draws(draw: Callable[[int], Tensor], number: int) -> Tensor:
    """Draw for the samples of all processes; return those of this one.

    Processes start from one seed (``diff_rank_seed`` is False), so that each
    of them, drawing for itself, would get what all others get. Here all draw
    the same numbers for all R processes, and process r takes those at
    r, r + R, ..., as the sampler deals out images: R processes have the
    numbers that one process with R times the batch has.

    Args:
        draw: Number of samples -> (that number, ...), from a generator of
            the CPU.
        number: Samples of this process.

    Returns:
        (number, ...).

    Example:
        >>> import torch
        >>> own_draws(torch.arange, 3)
        tensor([0, 1, 2])
    """
    rank, processes = get_dist_info()
    return draw(number * processes)[rank::processes]
