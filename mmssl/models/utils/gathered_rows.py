"""Rows of all processes, also where each has another number of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from mmengine.dist import all_gather, all_reduce, get_rank, get_world_size
from torch import Tensor


class GatheredRows(NamedTuple):
    """Rows of all processes, padded to one number for each.

    Attributes:
        rows: (T, C), those of process 0 first, each process's padded with
            zeros to T / processes.
        valid: (T,) bool, False for padding.
        start: place of this process's first row.
        total: () int64, valid rows of all processes.
    """

    rows: Tensor
    valid: Tensor
    start: int
    total: Tensor


def gather_rows(rows: Tensor, max_rows: int | None = None) -> GatheredRows:
    """Bring together the rows of all processes; gradients find their way.

    The gradient that comes back to a process is the sum of what all
    processes want of its rows. Every process has to take part, with no row
    as well, in the backward pass too if ``rows`` needs gradients.

    Args:
        rows: (P, C) of this process; P may differ between processes.
        max_rows: rows that no process exceeds, the same number everywhere.
            Defaults to None: the largest P is asked for, and the host waits
            for the answer.

    Returns:
        The rows; with one process they are those given.

    Raises:
        ValueError: more rows than ``max_rows``.
    """
    count = torch.full((1,), len(rows), device=rows.device)
    if get_world_size() == 1:
        valid = torch.ones(len(rows), dtype=torch.bool, device=rows.device)
        return GatheredRows(rows, valid, 0, count.squeeze(0))
    counts = torch.cat(all_gather(count))
    size = max(int(counts.max()), 1) if max_rows is None else max_rows
    if len(rows) > size:
        raise ValueError(
            f'max_rows is {max_rows}, but this process has {len(rows)} rows '
            '(2 x images x boxes); raise it, or set None'
        )
    padded = F.pad(rows, (0, 0, 0, size - len(rows))).contiguous()
    places = torch.arange(size, device=rows.device)
    return GatheredRows(
        rows=_Gather.apply(padded),
        valid=(places < counts[:, None]).flatten(),
        start=get_rank() * size,
        total=counts.sum(),
    )


class _Gather(torch.autograd.Function):
    """all_gather whose backward pass adds up what all processes ask for."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        ctx.size = len(rows)
        return torch.cat(all_gather(rows))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        grad = grads[0].contiguous().clone()
        all_reduce(grad)
        start = get_rank() * ctx.size
        return grad[start : start + ctx.size]
