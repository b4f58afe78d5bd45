"""From the cells of a box to one vector."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

Cells = Literal['flatten', 'mean']
CELLS = ('flatten', 'mean')


def check_cells(cells: str, output_size: int) -> None:
    """Check what :func:`join_cells` will be asked for.

    Raises:
        ValueError: unknown ``cells``, or ``output_size`` below 1.
    """
    if cells not in CELLS:
        raise ValueError(f'unknown cells {cells!r}; valid: {", ".join(CELLS)}')
    if output_size < 1:
        raise ValueError(f'output_size must be at least 1, got {output_size}')


def join_cells(pooled: Tensor, cells: Cells) -> Tensor:
    """Average the cells of a box, or put them side by side.

    Args:
        pooled: (M, C, s, s).
        cells: ``'mean'``: (M, C), whatever the size; ``'flatten'``:
            (M, C * s * s), channels first, so that a projector needs that
            many input channels.

    Returns:
        (M, C) or (M, C * s * s).

    Example:
        >>> import torch
        >>> join_cells(torch.arange(4.0).view(1, 1, 2, 2), 'mean')
        tensor([[1.5000]])
    """
    return pooled.flatten(1) if cells == 'flatten' else pooled.mean((2, 3))
