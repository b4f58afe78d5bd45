"""K-means of many small sets of long vectors at once.

Distances between vectors and means of vectors follow from inner products
alone. These are computed once; from then on the length of the vectors plays
no part, and all sets and all starts advance together.
"""

from __future__ import annotations

import torch
from torch import Tensor


def masked_kmeans(
    tokens: Tensor,
    mask: Tensor,
    num_clusters: int,
    *,
    max_iters: int = 12,
    num_init: int = 4,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Cluster the chosen tokens of each set by k-means.

    Starts come from k-means++; the one with the least sum of squared
    distances wins. A cluster that loses all its tokens keeps its centre; half
    way and at the end it is given the token that is farthest from its own
    centre, so that no cluster is empty where there are tokens enough.

    All random numbers are drawn on the CPU, always as many, so that a GPU
    gets the same ones. Nothing is fetched from the device: all iterations
    are run (on a CPU they end when nothing changes, with the same result).

    Args:
        tokens: (N, n, C) float32 or float64, taken without a gradient. A set
            with a NaN gets some clusters or others; no other set does.
        mask: (N, n) bool, the chosen ones.
        num_clusters: K, at least 1.
        max_iters: Lloyd's iterations, at least 1.
        num_init: R, starts, at least 1.
        generator: of the CPU. Defaults to torch's.

    Returns:
        (N, n) int64: cluster 0 .. K - 1 of each chosen token, in no
        particular order; -1 elsewhere. Sets of fewer than K tokens have
        empty clusters.

    Raises:
        ValueError: a number is below 1, or shapes do not fit.

    Example:
        >>> tokens = torch.tensor([[[0.0], [9.0], [0.1], [9.1]]])
        >>> found = masked_kmeans(tokens, torch.ones(1, 4).bool(), 2)
        >>> found[0, 0] == found[0, 2] != found[0, 1] == found[0, 3]
        tensor(True)
    """
    _check(tokens, mask, num_clusters, max_iters, num_init)
    shape = (len(tokens), num_init, num_clusters)
    uniforms = torch.rand(shape, generator=generator)
    uniforms = uniforms.to(tokens.device, tokens.dtype, non_blocking=True)
    # A GPU would be asked whether anything changed: there, go on.
    patient = tokens.device.type != 'cpu'
    # Autocast would round products to half precision.
    kept = torch.autocast(tokens.device.type, enabled=False)
    with torch.no_grad(), kept:
        gram = centred_gram(tokens, mask)
        centres = seeds(gram, mask, uniforms)
        members = torch.zeros_like(centres, dtype=torch.bool)
        for iters in ((max_iters + 1) // 2, max_iters // 2):
            members, centres = lloyd(
                gram, mask, members, centres, iters, patient
            )
            members = without_empty(gram, mask, members, patient)
            centres = _means(members, centres)
        return _best(gram, mask, members, centres)


def centred_gram(tokens: Tensor, mask: Tensor) -> Tensor:
    """Return the inner products of the chosen tokens about their mean.

    About the mean, since differences of large squares lose their digits.

    Args:
        tokens: (N, n, C).
        mask: (N, n) bool.

    Returns:
        (N, n, n), 0 where one of both is not chosen.
    """
    share = mask.to(tokens.dtype)[:, None]
    share = share / share.sum(-1, keepdim=True).clamp_min(1)
    tokens = tokens - share @ tokens
    gram = tokens @ tokens.transpose(1, 2)
    pairs = mask[:, None] & mask[..., None]
    return torch.where(pairs, gram, gram.new_zeros(()))


def seeds(gram: Tensor, mask: Tensor, uniforms: Tensor) -> Tensor:
    """Choose tokens as first centres by k-means++.

    The first one evenly; each further one in proportion to its squared
    distance from the nearest chosen so far, or evenly where all are 0.

    Args:
        gram: (N, n, n) of :func:`centred_gram`.
        mask: (N, n) bool.
        uniforms: (N, R, K) in [0, 1).

    Returns:
        (N, R, K, n): 1 at the token that is the centre.
    """
    evenly = mask[:, None].to(gram.dtype).expand(-1, uniforms.shape[1], -1)
    square = gram.diagonal(dim1=1, dim2=2)
    weights, nearest, chosen = evenly, None, []
    for uniform in uniforms.unbind(-1):
        place = _pick(weights, evenly, uniform)
        chosen.append(place)
        row = gram.gather(1, place[..., None].expand_as(evenly))
        own = square.gather(1, place)[..., None]
        distance = (square[:, None] + own - 2 * row).clamp_min(0)
        nearest = distance if nearest is None else nearest.minimum(distance)
        weights = nearest * evenly
    places = torch.arange(gram.shape[-1], device=gram.device)
    return (torch.stack(chosen, -1)[..., None] == places).to(gram.dtype)


def _pick(weights: Tensor, evenly: Tensor, uniform: Tensor) -> Tensor:
    """Return a place (N, R), drawn in proportion to weights (N, R, n)."""
    some = weights.sum(-1, keepdim=True) > 0
    sums = torch.where(some, weights, evenly).cumsum(-1)
    total = sums[..., -1:]
    # Below the total, so that a place without weight is never drawn.
    aim = (uniform[..., None] * total).minimum(
        torch.nextafter(total, torch.zeros_like(total))
    )
    return (sums <= aim).sum(-1).clamp_max(weights.shape[-1] - 1)


def lloyd(
    gram: Tensor,
    mask: Tensor,
    members: Tensor,
    centres: Tensor,
    iters: int,
    patient: bool = True,
) -> tuple[Tensor, Tensor]:
    """Assign tokens to centres and move these, again and again.

    Args:
        gram: (N, n, n) of :func:`centred_gram`.
        mask: (N, n) bool.
        members: (N, R, K, n) bool: whether a token belongs to a cluster;
            what the centres were made of, if anything.
        centres: (N, R, K, n): each a weighted sum of tokens.
        iters: how often.
        patient: do all iterations, even if nothing changes any more.

    Returns:
        ``members`` and ``centres`` at the end.
    """
    clusters = torch.arange(centres.shape[2], device=centres.device)
    for _ in range(iters):
        before = members
        # Of equal distances the first; argmin is thirty times as slow.
        nearest = squares(gram, centres).min(2).indices
        members = nearest[:, :, None] == clusters[:, None]
        members &= mask[:, None, None]
        if not patient and torch.equal(members, before):
            break
        centres = _means(members, centres)
    return members, centres


def squares(gram: Tensor, centres: Tensor) -> Tensor:
    """Return squared distances, less the token's own square.

    |x - c|^2 - |x|^2 = |c|^2 - 2 x c.

    Args:
        gram: (N, n, n).
        centres: (N, R, K, n).

    Returns:
        (N, R, K, n).
    """
    inner = (centres.flatten(1, 2) @ gram).view_as(centres)
    own = (centres * inner).sum(-1, keepdim=True)
    return own.sub(inner, alpha=2)


def without_empty(
    gram: Tensor, mask: Tensor, members: Tensor, patient: bool = True
) -> Tensor:
    """Give empty clusters the tokens that are farthest from their centres.

    Each cluster keeps its nearest token, so that none becomes empty instead.

    Args:
        gram: (N, n, n).
        mask: (N, n) bool.
        members: (N, R, K, n) bool.
        patient: do it even if there is no empty cluster.

    Returns:
        (N, R, K, n) bool. Sets of fewer tokens than clusters stay as they
        are.
    """
    enough = mask.sum(-1) >= members.shape[2]
    empty = ~members.any(-1) & enough[:, None, None]
    if not patient and not bool(empty.any()):
        return members
    centres = _means(members, torch.zeros_like(members, dtype=gram.dtype))
    away = (
        squares(gram, centres) + gram.diagonal(dim1=1, dim2=2)[:, None, None]
    )
    away = torch.where(members, away.clamp_min(0), torch.inf)
    places = torch.arange(gram.shape[-1], device=gram.device)
    stays = (away.argmin(-1, keepdim=True) == places) & ~empty[..., None]
    moves = mask[:, None] & ~stays.any(2)
    rank = torch.where(moves, away.amin(2), -1.0)
    rank = rank.argsort(stable=True, dim=-1, descending=True).argsort(-1)
    slot = empty.cumsum(-1) - 1
    given = (rank[:, :, None] == slot[..., None]) & empty[..., None]
    given &= moves[:, :, None]
    return (members & ~given.any(2, keepdim=True)) | given


def _means(members: Tensor, before: Tensor) -> Tensor:
    """Return the clusters' means; ``before`` where a cluster is empty."""
    count = members.sum(-1, keepdim=True, dtype=before.dtype)
    return torch.where(count > 0, members / count.clamp_min(1), before)


def _best(
    gram: Tensor, mask: Tensor, members: Tensor, centres: Tensor
) -> Tensor:
    """Return the clusters (N, n) of the start with the least squares."""
    inner = squares(gram, centres)
    within = (inner * members).sum((2, 3))
    best = within.min(1).indices[:, None, None, None]
    best = best.expand(-1, 1, *members.shape[2:])
    labels = members.gather(1, best)[:, 0].byte().max(1).indices
    return torch.where(mask, labels, -1)


def _check(
    tokens: Tensor,
    mask: Tensor,
    num_clusters: int,
    max_iters: int,
    num_init: int,
) -> None:
    numbers = dict(
        max_iters=max_iters, num_clusters=num_clusters, num_init=num_init
    )
    for name, number in numbers.items():
        if number < 1:
            raise ValueError(f'{name} must be at least 1, got {number}')
    if tokens.dim() != 3 or tokens.shape[:2] != mask.shape:
        raise ValueError(
            'tokens must be (N, n, C) and mask (N, n), got '
            f'{tuple(tokens.shape)} and {tuple(mask.shape)}'
        )
