"""Contrast of regions: the same box in the other view, against all others."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmengine.dist import get_world_size
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from mmssl.models.utils.gathered_rows import GatheredRows, gather_rows
from mmssl.registry import MODELS


def contrast_rows(
    anchors: Tensor,
    keys: Tensor,
    positives: Tensor,
    excluded: Tensor | None = None,
    temperature: float = 0.1,
) -> Tensor:
    """Cross-entropy of each anchor's positive among its keys (NT-Xent).

    l_i = -log(exp(s_ip / t) / sum_j exp(s_ij / t)), s the cosine, j over the
    keys that are not excluded, the positive among them.

    Source: Chen et al. 2020 (SimCLR), arXiv:2002.05709, eq. 1.
    Deviates: none.

    Args:
        anchors: (P, C), not normalised; half precision is computed in
            float32.
        keys: (T, C), not normalised.
        positives: (P,) int64, each anchor's positive among the keys.
        excluded: (P, T) bool, True: neither positive nor negative.
        temperature: t > 0.

    Returns:
        (P,) float32 or float64.

    Raises:
        ValueError: shapes do not fit, or ``temperature`` is not positive.

    Example:
        >>> rows = torch.eye(2)
        >>> contrast_rows(rows, rows, torch.arange(2), temperature=1.0)
        tensor([0.3133, 0.3133])
    """
    if anchors.dim() != 2 or anchors.shape[1:] != keys.shape[1:]:
        raise ValueError(
            'anchors and keys must be (P, C) and (T, C), got '
            f'{tuple(anchors.shape)} and {tuple(keys.shape)}'
        )
    _check_temperature(temperature)
    dtype = torch.promote_types(anchors.dtype, torch.float32)
    with torch.autocast(anchors.device.type, enabled=False):
        a = F.normalize(anchors.to(dtype), dim=1)
        b = F.normalize(keys.to(dtype), dim=1)
        logits = a @ b.T / temperature
        if excluded is not None:
            logits = logits.masked_fill(excluded, float('-inf'))
        if not logits.numel():  # no gather from nothing; still connected
            return logits.sum() + a.sum(1)
        positive = logits.gather(1, positives[:, None]).squeeze(1)
        return logits.logsumexp(1) - positive


def excluded_keys(
    gathered: GatheredRows, num_rows: int, images: Tensor | None = None
) -> Tensor:
    """Tell which keys of all processes are no keys for an anchor.

    These are the padding, the anchor itself and, if wanted, other regions of
    its image. Images of other processes are other images.

    Args:
        gathered: the keys; row ``start + i`` is anchor i's own.
        num_rows: P, anchors of this process; the positive of anchor i is
            that of i + P / 2, modulo P.
        images: (P,) int64, images of the anchors; None: other regions of an
            image are negatives like all others.

    Returns:
        (P, T) bool.
    """
    device = gathered.valid.device
    excluded = (~gathered.valid).repeat(num_rows, 1)
    own = torch.eye(num_rows, dtype=torch.bool, device=device)
    if images is not None:
        positive = own.roll(num_rows // 2, 1) if num_rows else own
        own = (images[:, None] == images) & ~positive
    excluded[:, gathered.start : gathered.start + num_rows] |= own
    return excluded


@MODELS.register_module()
class RoIContrastLoss(nn.Module):
    """SimCLR's loss over regions, with the negatives of all processes.

    The mean is one over the anchors of all processes: DDP's mean of the
    gradients is the gradient of the global batch, however many boxes each
    process has.

    Source: Chen et al. 2020 (SimCLR), arXiv:2002.05709; Roh et al. 2021
        (SCRL), appendix I, which tells neither temperature nor which
        negatives.
    Deviates: temperature 0.1 is SimCLR's, all regions of all images are
        negatives unless told otherwise: our choice.

    Args:
        temperature: > 0.
        cross_rank: take the regions of all processes as negatives, not only
            those of an anchor's own.
        exclude_same_image: take no other region of an anchor's image, in
            either view, as a negative: boxes of one image may overlap. Needed
            for whole images in more than two views, as each view is then in
            several pairs and would be its own negative.
        max_rows: see :func:`gather_rows`; spares the host a wait.
        chunk_rows: anchors at a time; their logits are made once more in the
            backward pass, which bounds the memory. Defaults to None: all.
        loss_weight: factor of the loss.

    Raises:
        ValueError: ``temperature`` is not positive, ``max_rows`` or
            ``chunk_rows`` is below 1.
    """

    def __init__(
        self,
        temperature: float = 0.1,
        cross_rank: bool = True,
        exclude_same_image: bool = False,
        max_rows: int | None = None,
        chunk_rows: int | None = None,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        _check_temperature(temperature)
        for name, value in (
            ('max_rows', max_rows),
            ('chunk_rows', chunk_rows),
        ):
            if value is not None and value < 1:
                raise ValueError(f'{name} must be at least 1, got {value}')
        self.temperature = temperature
        self.cross_rank = cross_rank
        self.exclude_same_image = exclude_same_image
        self.max_rows = max_rows
        self.chunk_rows = chunk_rows
        self.loss_weight = loss_weight

    def forward(
        self, anchors: Tensor, keys: Tensor, images: Tensor | None = None
    ) -> Tensor:
        """Return the mean over the anchors of all processes.

        Args:
            anchors: (P, C), P = 2 x pairs: first those of the pairs' first
                sides, then their other sides.
            keys: (P, C), in the same order: key i is the region of anchor i.
            images: (P,) int64, images of the regions in this process's
                batch; needed to exclude those of the same image.

        Returns:
            () loss; without any anchor 0, connected to both inputs.

        Raises:
            ValueError: P is odd, shapes differ, or ``images`` is missing.
        """
        self._check(anchors, keys, images)
        num = len(anchors)
        gathered = self._gather(keys)
        places = torch.arange(num, device=anchors.device)
        positives = gathered.start + places.roll(num // 2)
        excluded = excluded_keys(
            gathered, num, images if self.exclude_same_image else None
        )
        step = self.chunk_rows or max(num, 1)
        total = anchors.new_zeros((), dtype=torch.float32)
        for i in range(0, max(num, 1), step):
            part = slice(i, i + step)
            total = total + self._sum(
                anchors[part], gathered.rows, positives[part], excluded[part]
            )
        world = get_world_size() if self.cross_rank else 1
        mean = total * world / gathered.total.clamp(min=1)
        return self.loss_weight * mean

    def _gather(self, keys: Tensor) -> GatheredRows:
        """Return the keys of all processes, or this one's alone."""
        keys = keys.to(torch.promote_types(keys.dtype, torch.float32))
        if self.cross_rank:
            return gather_rows(keys, self.max_rows)
        valid = torch.ones(len(keys), dtype=torch.bool, device=keys.device)
        total = torch.full((), len(keys), device=keys.device)
        return GatheredRows(keys, valid, 0, total)

    def _sum(
        self,
        anchors: Tensor,
        keys: Tensor,
        positives: Tensor,
        excluded: Tensor,
    ) -> Tensor:
        """Return the sum of a chunk's losses."""
        inputs = (anchors, keys, positives, excluded, self.temperature)
        if self.chunk_rows is None:
            return contrast_rows(*inputs).sum()
        rows: Tensor = checkpoint(contrast_rows, *inputs, use_reentrant=False)
        return rows.sum()

    def _check(
        self, anchors: Tensor, keys: Tensor, images: Tensor | None
    ) -> None:
        """Raise ValueError for inputs that do not belong together."""
        if anchors.shape != keys.shape or len(anchors) % 2:
            raise ValueError(
                'anchors and keys must both be (P, C) with P = 2 x pairs, got '
                f'{tuple(anchors.shape)} and {tuple(keys.shape)}'
            )
        if self.exclude_same_image and (
            images is None or images.shape != anchors.shape[:1]
        ):
            got = None if images is None else tuple(images.shape)
            raise ValueError(
                'exclude_same_image needs the image of each of the '
                f'{len(anchors)} rows, got {got}'
            )


def _check_temperature(temperature: float) -> None:
    if not temperature > 0:
        raise ValueError(f'temperature must be positive, got {temperature}')
