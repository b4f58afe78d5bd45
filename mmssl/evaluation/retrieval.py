"""How well features find other pictures of the same identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Union

import torch
from torch import Tensor
from torch.nn import functional as F

from mmssl.evaluation.ranked_matches import MatchRows, ranked_matches

Device = Union[str, torch.device]
_CELLS = 1 << 20  # similarities at a time


class Pictures(NamedTuple):
    """Features of pictures, and what is known of them.

    Attributes:
        rows: (n, C), any length.
        identities: (n,) int64; 0: another person in each (distractors),
            below 0: junk, which is not judged.
        cameras: (n,) int64.
    """

    rows: Tensor
    identities: Tensor
    cameras: Tensor


class RetrievalScores(NamedTuple):
    """Figures of a retrieval, in %.

    Attributes:
        mean_ap: Mean over the queries of their average precision.
        ranks: Rank k -> share of the queries with a match among the first k.
        chance_ap: What random orders have in ``mean_ap``.
        chance_rank1: What they have at rank 1.
        queries: That were judged.
        unmatched: Queries without a match in the gallery, not judged.
    """

    mean_ap: float
    ranks: dict[int, float]
    chance_ap: float
    chance_rank1: float
    queries: int
    unmatched: int


@torch.no_grad()
def retrieval_scores(
    queries: Pictures,
    gallery: Pictures,
    ranks: Sequence[int] = (1, 5, 10),
    device: Device = 'cpu',
    max_cells: int = _CELLS,
) -> RetrievalScores:
    """Search each query among a gallery by cosine, and judge the order.

    The protocol of Market-1501, see
    :func:`~mmssl.evaluation.ranked_matches.ranked_matches`.

    Args:
        queries: What is looked for.
        gallery: Where it is looked for.
        ranks: k at which matches are counted.
        device: Where similarities are computed.
        max_cells: Similarities at a time: memory is about 40 bytes for each,
            whatever the numbers of pictures.

    Returns:
        The figures.

    Raises:
        ValueError: Shapes differ, a feature is not finite, a rank is below
            1, or no query has a match.

    Example:
        >>> person, camera = torch.tensor([7, 8]), torch.tensor([1, 1])
        >>> query = Pictures(torch.eye(2), person, camera)
        >>> found = retrieval_scores(query, query._replace(cameras=camera + 1))
        >>> found.mean_ap, found.ranks[1], found.chance_rank1
        (100.0, 100.0, 50.0)
    """
    _check(queries, gallery, max_cells)
    bank = F.normalize(gallery.rows.to(device).float(), dim=1)
    known = gallery.identities.to(device), gallery.cameras.to(device)
    step = max(1, max_cells // max(1, len(bank)))
    found = _room(len(queries.rows))
    for start in range(0, len(queries.rows), step):
        now = slice(start, start + step)
        rows, identities, cameras = (part[now].to(device) for part in queries)
        similarity = F.normalize(rows.float(), dim=1) @ bank.T
        piece = ranked_matches(similarity, identities, cameras, *known)
        for whole, part in zip(found, piece):
            whole[now] = part
    return summary(found, ranks)


def _room(queries: int) -> MatchRows:
    """Return rows to write to.

    Small tensors that stay, made between large ones that go, would scatter
    the free memory: a gigabyte for Market-1501.
    """
    whole = torch.zeros(queries, dtype=torch.int64)
    return MatchRows(
        whole.double(), whole.clone(), whole.clone(), whole.clone()
    )


def summary(
    rows: MatchRows, ranks: Sequence[int] = (1, 5, 10)
) -> RetrievalScores:
    """Return the figures of judged queries.

    Args:
        rows: Of all queries.
        ranks: k at which matches are counted.

    Raises:
        ValueError: A rank is below 1, or no query has a match.
    """
    if not ranks or min(ranks) < 1:
        raise ValueError(f'ranks must be whole numbers >= 1, got {ranks}')
    there = rows.matches > 0
    count = int(there.sum())
    if not count:
        raise ValueError(
            f'none of {len(there)} queries has a match in the gallery: a '
            'match is a picture of the same identity (a number >= 1) by '
            'another camera; are query and gallery of one data set?'
        )
    first = rows.first[there]
    chance, lucky = random_order(rows.matches[there], rows.ranked[there])
    return RetrievalScores(
        mean_ap=100 * float(rows.average_precision[there].mean()),
        ranks={k: 100 * float((first <= k).double().mean()) for k in ranks},
        chance_ap=100 * float(chance.mean()),
        chance_rank1=100 * float(lucky.mean()),
        queries=count,
        unmatched=len(there) - count,
    )


def random_order(matches: Tensor, ranked: Tensor) -> tuple[Tensor, Tensor]:
    """Return what random orders of the gallery score on average.

    With R matches among N pictures, ``E[AP] = H_N / N +
    (R - 1) / (N - 1) * (1 - H_N / N)``, H_N the N-th harmonic number: before
    a match at place i stand on average (i - 1) (R - 1) / (N - 1) others.

    Args:
        matches: (Q,) R >= 1 of each query.
        ranked: (Q,) N >= R.

    Returns:
        (Q,) float64 average precision, and (Q,) share of a match at rank 1.

    Example:
        >>> [
        ...     part.tolist()
        ...     for part in random_order(
        ...         torch.tensor([1, 2]), torch.tensor([2, 2])
        ...     )
        ... ]
        [[0.75, 1.0], [0.5, 1.0]]
    """
    r, n = matches.double(), ranked.double()
    places = torch.arange(1, int(ranked.max()) + 1, dtype=torch.float64)
    harmonic = (1 / places).cumsum(0)[ranked.cpu() - 1].to(n.device)
    rest = (r - 1) / (n - 1).clamp(min=1)
    return harmonic / n + rest * (1 - harmonic / n), r / n


def _check(queries: Pictures, gallery: Pictures, max_cells: int) -> None:
    for name, part in (('queries', queries), ('gallery', gallery)):
        shapes = [tuple(one.shape) for one in part]
        count = len(part.rows)
        if part.rows.dim() != 2 or shapes[1:] != [(count,)] * 2 or not count:
            raise ValueError(
                f'{name} must be rows (n, C), identities (n,) and cameras '
                f'(n,) with n >= 1, got {shapes}'
            )
        if not part.rows.isfinite().all():
            raise ValueError(f'features of the {name} hold nan or inf')
    if queries.rows.shape[1] != gallery.rows.shape[1]:
        raise ValueError(
            f'queries have {queries.rows.shape[1]} channels, the gallery '
            f'{gallery.rows.shape[1]}'
        )
    if max_cells < 1:
        raise ValueError(f'max_cells must be >= 1, got {max_cells}')
