"""Parts of people as pseudo labels of feature maps."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from mmssl.clustering.kmeans import masked_kmeans
from mmssl.clustering.two_means import upper_of_two_means

ROUNDING = 1e-6


class PartMaps(NamedTuple):
    """Label maps of N images.

    Attributes:
        labels: (N, h, w) int64: 0 background, 1 .. P the parts from top to
            bottom; all 0 where not valid.
        valid: (N,) bool: whether the labels can be used.
    """

    labels: Tensor
    valid: Tensor


def part_label_maps(
    tokens: Tensor,
    hw: tuple[int, int],
    num_parts: int = 3,
    *,
    foreground: bool = True,
    min_foreground: float = 0.5,
    max_iters: int = 12,
    num_init: int = 4,
    generator: torch.Generator | None = None,
) -> PartMaps:
    """Part the tokens of each image into background and parts of a body.

    Foreground: the upper one of the best two clusters of the tokens' lengths.
    Parts: k-means of the foreground's tokens into P clusters, in the order of
    their mean rows; at equal mean rows the one that comes first row by row.
    Nothing is fetched from the device.

    An image is not valid, and all its labels are 0, if its foreground's share
    is not above ``min_foreground`` (there is no foreground if lengths are
    equal to six digits), if it has fewer foreground tokens than parts, or if
    a token's length is not finite. Tokens that are equal go to one part;
    where there are fewer different ones than parts, single tokens fill the
    others.

    Source: SOLIDER (Chen et al. 2023), algorithm 1, and its published code.
    Deviates: the foreground's clusters are the exact best ones, and k-means
        has its own seeds: the published code runs scikit-learn.

    Args:
        tokens: (N, h * w, C), row by row, any float dtype; clustered in
            float32 without a gradient.
        hw: h, w.
        num_parts: P.
        foreground: False: every token is foreground.
        min_foreground: in [0, 1); the share must be above it.
        max_iters: of k-means.
        num_init: starts of k-means.
        generator: of the CPU. Defaults to torch's.

    Raises:
        ValueError: shapes do not fit, a number is out of range, or there are
            more parts than tokens.

    Example:
        >>> rows = torch.tensor([0.1, 5.0, 6.0, 7.0])
        >>> tokens = torch.eye(4) * rows[:, None]
        >>> part_label_maps(tokens[None], (4, 1), 3).labels.flatten()
        tensor([0, 1, 2, 3])
    """
    _check(tokens, hw, num_parts, min_foreground)
    tokens = tokens.detach().float()
    # As fast in maps of channels first, where vector_norm is not.
    lengths = tokens.square().sum(-1).sqrt()
    if foreground:
        chosen = upper_of_two_means(lengths) & contrast(lengths)
    else:
        chosen = lengths.isfinite().all(-1, keepdim=True).expand_as(lengths)
    count = chosen.sum(-1)
    valid = (count > min_foreground * lengths.shape[1]) & (count >= num_parts)
    chosen = chosen & valid[:, None]
    clusters = masked_kmeans(
        tokens,
        chosen,
        num_parts,
        max_iters=max_iters,
        num_init=num_init,
        generator=generator,
    )
    labels = from_top(clusters, hw[1], num_parts)
    return PartMaps(labels.view(-1, *hw), valid)


def contrast(lengths: Tensor) -> Tensor:
    """Return whether lengths differ by more than sums are rounded by.

    Equal tokens may be summed in another order each.

    Args:
        lengths: (N, n) float32.

    Returns:
        (N, 1) bool.
    """
    low, high = lengths.aminmax(dim=-1, keepdim=True)
    return high - low > ROUNDING * high


def from_top(clusters: Tensor, width: int, num_parts: int) -> Tensor:
    """Number clusters from top to bottom.

    Args:
        clusters: (N, n) int64, row by row: 0 .. P - 1 in any order, or -1.
        width: tokens of a row.
        num_parts: P.

    Returns:
        (N, n) int64: 1 .. P by ascending mean row, 0 where -1 was. At equal
        mean rows, the cluster whose first token comes first is first.

    Example:
        >>> from_top(torch.tensor([[1, -1, 0, 0]]), 2, 2)
        tensor([[1, 0, 2, 2]])
    """
    places = torch.arange(clusters.shape[1], device=clusters.device)
    parts = torch.arange(num_parts, device=clusters.device)
    members = clusters[:, None] == parts[:, None]  # (N, P, n)
    rows = (members * (places // width)).sum(-1)
    # Whole numbers below 2^24, whose quotients are equal exactly if they are.
    mean = rows / members.sum(-1).clamp_min(1)
    first = torch.where(members, places, len(places)).amin(-1)
    before = (mean[:, :, None] < mean[:, None]) | (
        (mean[:, :, None] == mean[:, None])
        & (first[:, :, None] < first[:, None])
    )
    rank = 1 + before.sum(1)  # (N, P)
    return (members * rank[..., None]).sum(1)


def _check(
    tokens: Tensor,
    hw: tuple[int, int],
    num_parts: int,
    min_foreground: float,
) -> None:
    if tokens.dim() != 3 or tokens.shape[1] != hw[0] * hw[1]:
        raise ValueError(
            'tokens must be (N, h * w, C) row by row, got '
            f'{tuple(tokens.shape)} for maps of {hw[0]}x{hw[1]}'
        )
    if not 1 <= num_parts <= tokens.shape[1]:
        raise ValueError(
            f'num_parts must be in 1 .. {tokens.shape[1]}, as maps of '
            f'{hw[0]}x{hw[1]} have no more tokens, got {num_parts}: take '
            'fewer parts, larger images or smaller strides'
        )
    if not 0 <= min_foreground < 1:
        raise ValueError(
            'min_foreground is a share of the map, in [0, 1), got '
            f'{min_foreground}'
        )
