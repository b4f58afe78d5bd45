"""Cross-entropy of part labels, weighted by lambda."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def semantic_loss(
    logits: Tensor,
    labels: Tensor,
    weights: Tensor,
    total: Tensor | float | None = None,
) -> Tensor:
    """Return the lambda-weighted cross-entropy of all cells of label maps.

    L = sum over maps r of lambda_r sum over cells of CE / (total h w).

    Source: SOLIDER (Chen et al. 2023), published code: the mean over all
        cells, those with lambda 0 among them.
    Deviates: none.

    Args:
        logits: (R * h * w, K), cells row by row; half precision is computed
            in float32.
        labels: (R, h, w) int64 in 0 .. K - 1.
        weights: (R,) lambda of each map.
        total: maps that count in the mean, a number or a tensor (); None: R.
            0 gives 0, in the graph.

    Returns:
        () float32 (float64 stays).

    Example:
        >>> labels = torch.tensor([[[0, 1]], [[0, 0]]])
        >>> logits = torch.zeros(4, 2)
        >>> semantic_loss(logits, labels, torch.tensor([1.0, 0.0]))
        tensor(0.3466)
    """
    with torch.autocast(logits.device.type, enabled=False):
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        each = F.cross_entropy(logits, labels.flatten(), reduction='none')
        cells = labels.shape[1] * labels.shape[2]
        each = each.view(len(labels), cells) * weights[:, None]
        if total is None:
            total = float(len(labels))
        total = torch.as_tensor(total, device=each.device)
        return each.sum() / (total * cells).clamp(min=_TINY)


# Less than any sum of lambdas that is not 0.
_TINY = 1e-12
