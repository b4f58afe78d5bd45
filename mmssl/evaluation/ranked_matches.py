"""Where the matches of each query stand in a ranked gallery."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class MatchRows(NamedTuple):
    """What came of each query.

    Attributes:
        average_precision: (Q,) float64 in 0 .. 1; 0 without a match.
        first: (Q,) int64, rank of the first match, from 1; 0 without one.
        matches: (Q,) int64, pictures that match.
        ranked: (Q,) int64, pictures of the gallery that were judged.
    """

    average_precision: Tensor
    first: Tensor
    matches: Tensor
    ranked: Tensor


def ranked_matches(
    similarity: Tensor,
    query_identities: Tensor,
    query_cameras: Tensor,
    gallery_identities: Tensor,
    gallery_cameras: Tensor,
) -> MatchRows:
    """Rank a gallery for each query and find the matches.

    Left out of a query's gallery: pictures of the same identity by the same
    camera, and junk (identities below 0). What remains is ranked by
    similarity, the largest first, equal ones in the gallery's order. With
    matches at the ranks r_1 < ... < r_R, ``AP = 1 / R sum_k k / r_k``.
    Distractors (identity 0) rank and match nobody; queries of an identity
    below 1 have no match.

    Source: Zheng et al. 2015, the protocol of Market-1501; plain average
    precision as in the common re-identification baselines.
    Deviates: the original code interpolates the precision (trapezoids).

    Args:
        similarity: (Q, G), the larger the likelier; of distances, their
            negatives.
        query_identities: (Q,) int64.
        query_cameras: (Q,) int64.
        gallery_identities: (G,) int64.
        gallery_cameras: (G,) int64.

    Returns:
        A row for each query, on the device of ``similarity``.

    Raises:
        ValueError: Shapes differ, or a similarity is nan.

    Example:
        >>> one, two = torch.tensor([1]), torch.tensor([1, 2, 1])
        >>> found = ranked_matches(
        ...     torch.tensor([[0.9, 0.8, 0.7]]), one, one, two, two * 0 + 2
        ... )
        >>> found.average_precision, found.first  # (1 / 1 + 2 / 3) / 2
        (tensor([0.8333], dtype=torch.float64), tensor([1]))
    """
    _check(
        similarity,
        (query_identities, query_cameras),
        (gallery_identities, gallery_cameras),
    )
    same = query_identities[:, None] == gallery_identities
    own = same & (query_cameras[:, None] == gallery_cameras)
    judged = ~own & (gallery_identities >= 0)
    hits = same & judged & (query_identities[:, None] > 0)
    order = similarity.argsort(dim=1, descending=True, stable=True)
    judged, hits = judged.gather(1, order), hits.gather(1, order)
    rank = judged.cumsum(1)
    matches = hits.sum(1)
    precision = hits.cumsum(1) / rank.clamp(min=1).double()
    total = torch.where(hits, precision, 0.0).sum(1)
    late = torch.iinfo(torch.int64).max
    first = torch.where(hits, rank, late).amin(1)
    return MatchRows(
        total / matches.clamp(min=1),
        torch.where(matches > 0, first, 0),
        matches,
        judged.sum(1),
    )


def _check(
    similarity: Tensor, query: tuple[Tensor, ...], gallery: tuple[Tensor, ...]
) -> None:
    shapes = [tuple(part.shape) for part in (*query, *gallery)]
    fits = similarity.dim() == 2 and similarity.shape[1] > 0
    if fits:
        q, g = similarity.shape
        fits = shapes == [(q,), (q,), (g,), (g,)]
    if not fits:
        raise ValueError(
            'similarity must be (Q, G) with G >= 1, identities and cameras '
            f'(Q,) and (G,); got {tuple(similarity.shape)} and {shapes}'
        )
    if similarity.isnan().any():
        raise ValueError('similarities of a retrieval hold nan')
