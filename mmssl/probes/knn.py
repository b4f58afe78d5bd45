"""Weighted k-nearest-neighbour classification of features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from mmssl.probes.labels import check_range


@torch.no_grad()
def nearest(
    queries: Tensor,
    bank: Tensor,
    k: int,
    *,
    own: Tensor | None = None,
    bank_chunk: int = 65536,
) -> tuple[Tensor, Tensor]:
    """Find the k rows of a bank with the largest cosine to each query.

    The bank is walked in pieces, each brought to the queries' device, so it
    may lie on the CPU and be larger than the device's memory. Rows of equal
    cosine are taken in the bank's order, whatever the pieces.

    Args:
        queries: (Q, C).
        bank: (B, C), any device; neither need be normalised.
        k: neighbours; no more than the bank has.
        own: (Q,) int64, a row of the bank that is not a neighbour: the query
            itself. None: none.
        bank_chunk: rows of a piece.

    Returns:
        Cosines (Q, k) float32, falling; rows of the bank (Q, k) int64.

    Raises:
        ValueError: shapes differ, or the bank has fewer than k rows.

    Example:
        >>> bank = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
        >>> nearest(torch.tensor([[2.0, 0.1]]), bank, 2)[1]
        tensor([[0, 2]])
    """
    _check_shapes(queries, bank, k, own)
    queries = _unit(queries)
    cosines = queries.new_empty(len(queries), 0)
    rows = torch.empty(
        len(queries), 0, dtype=torch.int64, device=queries.device
    )
    for start in range(0, len(bank), bank_chunk):
        piece = bank[start : start + bank_chunk].to(queries.device)
        found = queries @ _unit(piece).T
        place = torch.arange(start, start + len(piece), device=queries.device)
        if own is not None:
            itself = place == own.to(queries.device)[:, None]
            found = found.masked_fill(itself, -torch.inf)
        cosines = torch.cat([cosines, found], 1)
        rows = torch.cat([rows, place.expand(len(queries), -1)], 1)
        kept = _first_largest(cosines, min(k, cosines.shape[1]))
        cosines, rows = cosines.gather(1, kept), rows.gather(1, kept)
    order = cosines.argsort(dim=1, descending=True, stable=True)
    return cosines.gather(1, order), rows.gather(1, order)


def vote(
    cosines: Tensor,
    labels: Tensor,
    num_classes: int,
    temperature: float = 0.07,
) -> Tensor:
    """Sum the neighbours' votes, exp(cosine / temperature), by class.

    Args:
        cosines: (Q, k) of the neighbours.
        labels: (Q, k) int64, their classes.
        num_classes: classes.
        temperature: T; small lets the nearest decide alone.

    Returns:
        (Q, num_classes) float32; each row up to a factor, which keeps small
        temperatures from overflowing.
    """
    best = cosines.max(dim=1, keepdim=True).values
    weight = ((cosines - best) / temperature).exp()
    votes = weight.new_zeros(len(cosines), num_classes)
    return votes.scatter_add_(1, labels, weight)


@torch.no_grad()
def knn_classify(
    queries: Tensor,
    bank: Tensor,
    labels: Tensor,
    num_classes: int,
    k: int | Sequence[int] = (20, 200),
    *,
    temperature: float = 0.07,
    ranks: int = 1,
    own: Tensor | None = None,
    query_chunk: int = 1024,
    bank_chunk: int = 65536,
) -> dict[int, Tensor]:
    """Classify queries by the weighted votes of their neighbours.

    Classes with equal votes rank by their number.

    Source: Wu et al. 2018, arXiv:1805.01978, eq. for w_c with tau = 0.07.
    Deviates: k larger than the bank takes all of the bank.

    Args:
        queries: (Q, C); the work is done on their device.
        bank: (B, C), any device.
        labels: (B,) int64, classes of the bank's rows.
        num_classes: classes.
        k: how many neighbours vote; several values cost as much as the
            largest.
        temperature: T of the votes.
        ranks: how many classes to return for each query, best first.
        own: (Q,) rows of the bank that are the queries themselves, which do
            not vote; None: none.
        query_chunk: queries at a time.
        bank_chunk: rows of the bank at a time. Memory: about 4 bytes x
            query_chunk x bank_chunk, a few times.

    Returns:
        k -> (Q, min(ranks, num_classes)) int64 classes.

    Raises:
        ValueError: an argument is out of range, shapes differ, or a label is
            no class.

    Example:
        >>> bank = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
        >>> labels = torch.tensor([0, 0, 1])
        >>> knn_classify(torch.tensor([[1.0, 1.2]]), bank, labels, 2, k=1)
        {1: tensor([[1]])}
    """
    wanted = _check_votes(bank, labels, num_classes, k, temperature)
    check_range(labels, num_classes)
    if (labels < 0).any():
        raise ValueError('rows of the bank without a label cannot vote')
    if ranks < 1 or query_chunk < 1 or bank_chunk < 1:
        raise ValueError(
            'ranks, query_chunk and bank_chunk must be >= 1, got '
            f'{ranks}, {query_chunk} and {bank_chunk}'
        )
    labels = labels.to(queries.device)
    ranks = min(ranks, num_classes)
    available = len(bank) - (own is not None)
    found: dict[int, list[Tensor]] = {one: [] for one in wanted}
    for part in _chunks(len(queries), query_chunk):
        cosines, rows = nearest(
            queries[part],
            bank,
            min(max(wanted), available),
            own=None if own is None else own[part],
            bank_chunk=bank_chunk,
        )
        voters = labels[rows]
        for one, classes in found.items():
            votes = vote(
                cosines[:, :one], voters[:, :one], num_classes, temperature
            )
            order = votes.argsort(dim=1, descending=True, stable=True)
            classes.append(order[:, :ranks])
    return {
        one: torch.cat(classes) if classes else labels.new_empty(0, ranks)
        for one, classes in found.items()
    }


def _unit(rows: Tensor) -> Tensor:
    """Return rows of length 1, in float32."""
    return F.normalize(rows.float(), dim=1)


def _first_largest(values: Tensor, k: int) -> Tensor:
    """Return the columns of the k largest of each row, in column order.

    Of equal values on the border, the first columns are taken; torch.topk
    takes any.
    """
    border = values.topk(k, dim=1, sorted=True).values[:, -1:]
    above, level = values > border, values == border
    room = k - above.sum(1, keepdim=True)
    chosen = above | (level & (level.cumsum(1) <= room))
    return chosen.nonzero()[:, 1].reshape(len(values), k)


def _chunks(count: int, size: int) -> Iterator[slice]:
    """Yield slices of at most ``size``."""
    return (slice(i, i + size) for i in range(0, count, size))


def _check_shapes(
    queries: Tensor, bank: Tensor, k: int, own: Tensor | None
) -> None:
    """Refuse features that do not fit each other."""
    if queries.dim() != 2 or bank.dim() != 2:
        raise ValueError(
            'features must be (rows, C), got queries '
            f'{tuple(queries.shape)} and bank {tuple(bank.shape)}'
        )
    if queries.shape[1] != bank.shape[1]:
        raise ValueError(
            f'queries have {queries.shape[1]} channels, the bank '
            f'{bank.shape[1]}: they must come from one backbone and stage'
        )
    available = len(bank) - (own is not None)
    if not 1 <= k <= available:
        raise ValueError(
            f'k must be in 1 .. {available}, the rows of the bank that may '
            f'be neighbours, got {k}'
        )
    if own is not None and own.shape != (len(queries),):
        raise ValueError(
            f'own must have shape ({len(queries)},), got {tuple(own.shape)}'
        )


def _check_votes(
    bank: Tensor,
    labels: Tensor,
    num_classes: int,
    k: int | Sequence[int],
    temperature: float,
) -> list[int]:
    """Refuse arguments out of range; return the k that are wanted."""
    wanted = [k] if isinstance(k, int) else list(k)
    if not wanted or min(wanted) < 1:
        raise ValueError(f'k must be >= 1, got {k}')
    if temperature <= 0 or num_classes < 1:
        raise ValueError(
            'temperature must be > 0 and num_classes >= 1, got '
            f'{temperature} and {num_classes}'
        )
    if labels.shape != (len(bank),):
        raise ValueError(
            f'the bank has {len(bank)} rows, labels have shape '
            f'{tuple(labels.shape)}: one label for each row is needed'
        )
    return wanted


def checked_votes(k: int | Sequence[int], temperature: float) -> list[int]:
    """Return the numbers of neighbours as a list.

    Raises:
        ValueError: one is below 1, there is none, or the temperature is not
            positive.
    """
    ks = [k] if isinstance(k, int) else list(k)
    if not ks or min(ks) < 1 or temperature <= 0:
        raise ValueError(
            f'k must be >= 1 and temperature > 0, got {k} and {temperature}'
        )
    return ks
