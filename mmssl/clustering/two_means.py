"""Exact k-means with two clusters of numbers."""

from __future__ import annotations

import torch
from torch import Tensor


def upper_of_two_means(values: Tensor) -> Tensor:
    """Return which numbers are in the upper one of the best two clusters.

    On a line both clusters are intervals, so that the best of all splits of
    the n sorted numbers is found at once: with s_k the sum of the k lowest
    and s the sum of all, the within-cluster squares are least where
    s_k^2 / k + (s - s_k)^2 / (n - k) is largest. Computed in float64 on
    centred numbers. Nothing is fetched from the device.

    Equal numbers are never parted. Of splits that are equally good, the
    lowest is taken: the one with the larger upper cluster.

    Source: SOLIDER (Chen et al. 2023), algorithm 1: foreground.
    Deviates: the published code runs scikit-learn's iterative k-means.

    Args:
        values: (..., n) rows of numbers, any float dtype.

    Returns:
        (..., n) bool. All False in rows that have no two clusters: those of
        equal numbers, of one number, or with a NaN or an infinity.

    Example:
        >>> upper_of_two_means(torch.tensor([[0.1, 5.0, 0.2, 6.0]]))
        tensor([[False,  True, False,  True]])
    """
    count = values.shape[-1]
    if count < 2:
        return torch.zeros_like(values, dtype=torch.bool)
    values = values.double()
    finite = values.isfinite().all(-1, keepdim=True)
    values = torch.where(finite, values, values.new_zeros(()))
    values = values - values.mean(-1, keepdim=True)
    ordered = values.sort(-1).values
    sums = ordered.cumsum(-1)
    lower, upper = sums[..., :-1], sums[..., -1:] - sums[..., :-1]
    below = torch.arange(1, count, device=values.device)
    gain = lower.square() / below + upper.square() / (count - below)
    # -1: no split at all, as the numbers on both sides are equal.
    gain = torch.where(ordered[..., 1:] > ordered[..., :-1], gain, -1.0)
    best, place = gain.max(-1, keepdim=True)
    return (values >= ordered.gather(-1, place + 1)) & (best >= 0)
