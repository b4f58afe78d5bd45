"""Cross-entropy between views: what DINO learns from, and its centre."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def dino_targets(
    teacher_logits: Tensor, center: Tensor, temperature: float
) -> Tensor:
    """Return the teacher's distributions: softmax((t - c) / temperature).

    Args:
        teacher_logits: (R, Q), any float dtype.
        center: (1, Q), the running mean of the teacher's logits.
        temperature: the teacher's; smaller is sharper.

    Returns:
        (R, Q) float32 (float64 stays), without a graph; rows add up to 1.

    Example:
        >>> dino_targets(torch.zeros(1, 4), torch.zeros(1, 4), 0.04)
        tensor([[0.2500, 0.2500, 0.2500, 0.2500]])
    """
    dtype = torch.promote_types(teacher_logits.dtype, torch.float32)
    with torch.no_grad(), _exact(teacher_logits):
        logits = teacher_logits.detach().to(dtype) - center.to(dtype)
        return logits.div_(temperature).softmax(1)


@torch.no_grad()
def mean_entropy(targets: Tensor) -> Tensor:
    """Return the mean over rows of -sum_q t[q] log t[q], in nats.

    0: every image has one prototype to itself, or all the same one; log Q:
    the targets say nothing. Both, held, are a collapse.

    Args:
        targets: (R, Q) distributions.

    Example:
        >>> mean_entropy(torch.tensor([[1.0, 0.0], [0.5, 0.5]]))
        tensor(0.3466)
    """
    return -torch.special.xlogy(targets, targets).sum(1).mean()


def dino_loss(
    student_logits: Tensor,
    targets: Tensor,
    num_global_views: int = 2,
    temperature: float = 0.1,
) -> Tensor:
    """Cross-entropy of every view against every other global view.

    L = mean over pairs (g, v), g a global view, v any other view, of the
    mean over images of -sum_q t_g[q] log softmax(s_v / temperature)[q].

    The targets of a view are added up first, and the logarithm of the
    softmax is never written down: for each view one logsumexp and one dot
    product, instead of a pass for each of the G (V - 1) pairs.

    Source: Caron et al. 2021 (DINO), arXiv:2104.14294, eq. 3.
    Deviates: none in value; any number of global views.

    Args:
        student_logits: (V * N, Q), view after view, global ones first; half
            precision is computed in float32.
        targets: (G * N, Q), of the global views: :func:`dino_targets`. No
            gradient goes there.
        num_global_views: G.
        temperature: the student's.

    Returns:
        () float32 or float64.

    Raises:
        ValueError: shapes that do not belong together, or no pair of views.

    Example:
        >>> even = torch.full((2, 4), 0.25)
        >>> dino_loss(torch.zeros(2, 4), even)  # log 4
        tensor(1.3863)
    """
    images = _check(student_logits, targets, num_global_views)
    width = student_logits.shape[1]
    with _exact(student_logits):
        return _CrossViewEntropy.apply(
            student_logits.reshape(-1, images, width),
            targets.detach().reshape(num_global_views, images, width),
            temperature,
        )


def moved_center(
    center: Tensor, total: Tensor, count: Tensor, momentum: float
) -> Tensor:
    """Return c <- m c + (1 - m) total / count; c itself if nothing counts.

    Source: Caron et al. 2021 (DINO), arXiv:2104.14294, eq. 4.
    Deviates: none.

    Args:
        center: (1, Q).
        total: (1, Q), sum of the teacher's logits over rows.
        count: () number of rows, on the same device.
        momentum: m, the weight of the old centre.

    Example:
        >>> rows = torch.tensor([[4.0, 2.0]])
        >>> moved_center(torch.zeros(1, 2), rows, torch.tensor(2.0), 0.5)
        tensor([[1.0000, 0.5000]])
    """
    mean = total / count.clamp(min=1)
    moved = center * momentum + mean * (1 - momentum)
    return torch.where(count > 0, moved, center)


class _CrossViewEntropy(torch.autograd.Function):
    """Loss of (V, N, Q) logits and (G, N, Q) targets, view by view.

    Kept for the backward pass are its inputs and (V, N) numbers. The
    gradient of a view is (n_v softmax(s_v / t) - sum of its n_v targets) / t,
    times what comes back, divided by pairs and images.
    """

    @staticmethod
    def forward(
        ctx: Any, logits: Tensor, targets: Tensor, temperature: float
    ) -> Tensor:
        ctx.temperature = temperature
        norms, loss = [], targets.new_zeros(())
        for view, scores in enumerate(logits):
            wanted, count = _of_view(targets, view)
            scaled = _scaled(scores, targets.dtype, temperature)
            norms.append(scaled.logsumexp(1))
            if wanted is not None:
                loss += count * norms[-1].sum() - scaled.mul_(wanted).sum()
        ctx.save_for_backward(logits, targets, torch.stack(norms))
        return loss / _terms(logits, targets)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        logits, targets, norms = ctx.saved_tensors
        scale = grad / (_terms(logits, targets) * ctx.temperature)
        found = torch.empty_like(logits)
        for view, scores in enumerate(logits):
            wanted, count = _of_view(targets, view)
            if wanted is None:
                found[view] = 0
                continue
            scaled = _scaled(scores, targets.dtype, ctx.temperature)
            share = scaled.sub_(norms[view][:, None]).exp_().mul_(count)
            found[view] = share.sub_(wanted).mul_(scale)
        return found, None, None


def _scaled(scores: Tensor, dtype: torch.dtype, temperature: float) -> Tensor:
    """Return a new tensor, scores / temperature."""
    if scores.dtype == dtype:
        return scores / temperature
    return scores.to(dtype).div_(temperature)


def _of_view(targets: Tensor, view: int) -> tuple[Tensor | None, int]:
    """Return the sum of the targets of a view, and how many there are."""
    others = [t for g, t in enumerate(targets) if g != view]
    if not others:
        return None, 0
    return sum(others[1:], others[0]), len(others)


def _terms(logits: Tensor, targets: Tensor) -> int:
    """Return pairs of views times images."""
    return len(targets) * (len(logits) - 1) * logits.shape[1]


def _check(student: Tensor, targets: Tensor, num_global_views: int) -> int:
    """Return the number of images.

    Raises:
        ValueError: Shapes do not belong together.
    """
    shapes = f'{tuple(student.shape)} and {tuple(targets.shape)}'
    if student.dim() != 2 or targets.dim() != 2:
        raise ValueError(
            'logits of the student and targets must be (V * N, Q) and '
            f'(G * N, Q), got {shapes}'
        )
    if student.shape[1] != targets.shape[1]:
        raise ValueError(
            'student and teacher must have the same number of prototypes, '
            f'got {student.shape[1]} and {targets.shape[1]}: set the same '
            'num_prototypes in both'
        )
    images = len(targets) // max(num_global_views, 1)
    whole = images and len(targets) == images * num_global_views
    if num_global_views < 1 or not whole or len(student) % images:
        raise ValueError(
            f'rows of student and teacher, {shapes}, are no whole views of '
            f'the same images with {num_global_views} global view(s)'
        )
    if len(student) < max(len(targets), 2 * images):
        raise ValueError(
            'the student must see all global views and two views at least, '
            f'got {len(student) // images} view(s) and {num_global_views} '
            'global one(s)'
        )
    return images


def _exact(tensor: Tensor) -> Any:
    return torch.autocast(tensor.device.type, enabled=False)
