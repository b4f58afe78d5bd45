"""Which images teach parts of a body, and their copies without one part."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from mmssl.clustering import PartMaps
from mmssl.models.losses.semantic_loss import semantic_loss
from mmssl.models.utils.part_masking import without_part
from mmssl.models.utils.token_maps import tokens_of
from mmssl.utils.stages import stage


class PartLessons(NamedTuple):
    """What a student learns of parts in a step.

    Attributes:
        images: R, global views of all images.
        rows: (M,) int64, the images that teach; None: all R.
        copies: (M, 3, H, W), each without one part; None: there are none.
        lambdas: (M,) of these images.
        labels: (M, h, w).
        loss_weights: (M,) lambda, 0 where the labels are not valid.
        total: () what the sum over cells is divided by, in maps.
        masked_share: () of the cells of valid images.
    """

    images: int
    rows: Tensor | None
    copies: Tensor | None
    lambdas: Tensor
    labels: Tensor
    loss_weights: Tensor
    total: Tensor
    masked_share: Tensor


@torch.no_grad()
def part_lessons(
    images: Tensor,
    parts: PartMaps,
    lambdas: Tensor,
    cut: Tensor | None,
    *,
    mean: str = 'all',
    skip_idle: bool = True,
    static_shapes: bool = False,
) -> PartLessons:
    """Choose the images that teach, and cut a part out of copies of them.

    To choose them, the host asks the device once which they are (not with
    ``static_shapes``). If there are none, all images are there with weight
    0 and without copies, so that the part head runs in every process.

    Args:
        images: (R, 3, H, W), normalised.
        parts: of these R images.
        lambdas: (R,), on the device.
        cut: (R,) int64, the part that each loses; None: no copies.
        mean: ``'all'``: divide by all valid maps; ``'weighted'``: by the sum
            of their lambdas.
        skip_idle: leave out images of lambda 0, which add nothing.
        static_shapes: all R images, with weight 0 where not valid.
    """
    valid = parts.valid
    loss_weights = lambdas * valid
    rows = None
    if not static_shapes:
        rows = (loss_weights > 0 if skip_idle else valid).nonzero()[:, 0]
        if not len(rows):
            rows = cut = None
    total = valid.sum() if mean == 'all' else loss_weights.sum()
    shown = 1 if cut is None else 2
    kept, labels, weights = _chosen(rows, lambdas, parts.labels, loss_weights)
    copies, share = None, lambdas.new_zeros(())
    if cut is not None:
        copies = without_part(*_chosen(rows, images, parts.labels, cut))
        share = _masked_share(parts, cut)
    return PartLessons(
        images=len(images),
        rows=rows,
        copies=copies,
        lambdas=kept,
        labels=labels,
        loss_weights=weights,
        total=total * shown,
        masked_share=share,
    )


def lesson_loss(head: Any, maps: Tensor, lessons: PartLessons) -> Tensor:
    """Return the loss of telling the parts of copies and of whole images.

    Args:
        head: (R, C) -> one tensor (R, P + 1) in a tuple.
        maps: the student's (M + R + ..., C, h, w): the copies, if there are,
            then the global views.
        lessons: what is learned.

    Returns:
        () :func:`~mmssl.models.losses.semantic_loss.semantic_loss`.
    """
    count = 0 if lessons.copies is None else len(lessons.copies)
    learned = maps[count : count + lessons.images]
    if lessons.rows is not None:
        learned = learned[lessons.rows]
    if count:
        learned = torch.cat((maps[:count], learned))
    repeats = 2 if count else 1
    logits = head(tokens_of(learned).flatten(0, 1))[0]
    with stage('semantic loss'):
        return semantic_loss(
            logits,
            lessons.labels.repeat(repeats, 1, 1),
            lessons.loss_weights.repeat(repeats),
            lessons.total,
        )


def _chosen(rows: Tensor | None, *tensors: Tensor) -> list[Tensor]:
    """Return rows of tensors; None: all."""
    if rows is None:
        return list(tensors)
    return [tensor[rows] for tensor in tensors]


def _masked_share(parts: PartMaps, cut: Tensor) -> Tensor:
    """Return the share of the valid images' cells that are cut out."""
    gone = (parts.labels == cut[:, None, None]).float().mean((1, 2))
    return (gone * parts.valid).sum() / parts.valid.sum().clamp(min=1)
