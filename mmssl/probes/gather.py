"""Rows that each process has made of its share, brought into one order."""

from __future__ import annotations

import torch
from mmengine.dist import all_gather, get_world_size
from torch import Tensor


def gather_rows(rows: Tensor, chunk: int = 65536) -> list[Tensor]:
    """Return the rows of every process, in all of them.

    Processes may have different numbers of rows, also none; every process
    calls this.

    Args:
        rows: (n, ...) of this process; no gradient comes back.
        chunk: rows of each process that travel at a time: a device that the
            communication goes through holds chunk x processes of them.

    Returns:
        One tensor for each process, on the device of ``rows``.

    Example:
        >>> gather_rows(torch.tensor([4, 5]))
        [tensor([4, 5])]
    """
    rows = rows.detach()
    if get_world_size() == 1:
        return [rows]
    found = all_gather(torch.tensor([len(rows)], device=rows.device))
    counts = [int(count) for count in found]
    parts: list[list[Tensor]] = [[] for _ in counts]
    for start in range(0, max(counts), chunk):
        size = min(chunk, max(counts) - start)
        piece = rows[start : start + size]
        padding = rows.new_zeros(size - len(piece), *rows.shape[1:])
        sent = torch.cat([piece, padding]).contiguous()
        for part, count, got in zip(parts, counts, all_gather(sent)):
            part.append(got[: max(0, count - start)])
    return [torch.cat(part) if part else rows[:0] for part in parts]


def first_of_each(places: Tensor) -> Tensor:
    """Return where each place occurs first, in the order of the places.

    Args:
        places: (n,) int64.

    Example:
        >>> first_of_each(torch.tensor([4, 0, 2, 0]))
        tensor([1, 2, 0])
    """
    order = places.argsort(stable=True)
    ordered = places[order]
    new = torch.ones_like(ordered, dtype=torch.bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return order[new]


def gather_in_order(places: Tensor, *rows: Tensor) -> list[Tensor]:
    """Bring the rows of all processes into the order of the data set.

    A sampler repeats samples so that every process has as many; of those,
    the first is kept.

    Args:
        places: (n,) int64, the sample that each row belongs to; each place
            stands for one row.
        *rows: (n, ...) each.

    Returns:
        The places without repetition, rising, then the rows in that order;
        the same in every process.

    Example:
        >>> places = torch.tensor([2, 0, 2])
        >>> gather_in_order(places, torch.tensor([20, 0, 20]))
        [tensor([0, 2]), tensor([ 0, 20])]
    """
    everything = [torch.cat(gather_rows(part)) for part in (places, *rows)]
    kept = first_of_each(everything[0])
    return [part[kept] for part in everything]
