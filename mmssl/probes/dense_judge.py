"""Segmentations of a set compared with its masks, over processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from mmengine.dist import get_rank
from torch import Tensor
from torch.utils.data import DataLoader

from mmssl.probes.gather import first_of_each, gather_rows
from mmssl.probes.loaders import loader_places
from mmssl.probes.segmentation_scores import add_confusion_, predicted_mask


def numbered_batches(
    loader: DataLoader,
) -> Iterator[tuple[Any, list[int]]]:
    """Yield the batches of a loader, and the numbers of their samples.

    Args:
        loader: of this process, see
            :func:`~mmssl.probes.loaders.loader_places`.
    """
    places = loader_places(loader)
    done = 0
    for batch in loader:
        count = len(batch['data_samples'])
        yield batch, places[done : done + count]
        done += count


def counted_places(places: Sequence[int]) -> list[bool]:
    """Return which samples count in this process.

    A sampler repeats samples so that every process has as many; each counts
    where it comes first. Every process calls this.

    Args:
        places: numbers of the samples of this process.

    Example:
        >>> counted_places([4, 0, 4])
        [True, True, False]
    """
    own = torch.tensor(list(places), dtype=torch.int64)
    everything = gather_rows(own)
    first = first_of_each(torch.cat(everything)).tolist()
    start = sum(len(part) for part in everything[: get_rank()])
    kept = set(first)
    return [start + i in kept for i in range(len(own))]


def judge_batch_(
    confusion: Tensor,
    scores: Tensor,
    masks: Sequence[Tensor],
    counted: Sequence[bool] | None = None,
) -> None:
    """Add the pixels of a batch to a confusion matrix.

    Args:
        confusion: (K, K) int64; it is changed.
        scores: (N, K, h, w) of the cells, on the same device.
        masks: N (H, W) labels, on the same device; below 0: not judged.
        counted: which of the N images count; None: all.
    """
    for i, (one, mask) in enumerate(zip(scores, masks)):
        if counted is None or counted[i]:
            hw = (mask.shape[0], mask.shape[1])
            add_confusion_(confusion, predicted_mask(one, hw), mask)
