"""Cross-entropy over the positions of a heatmap."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def keypoint_loss(heatmaps: Tensor, index: Tensor, valid: Tensor) -> Tensor:
    """Return the cross-entropy of the right cells, a mean over keypoints.

    L = 1/V * sum over valid (n, k) of -log softmax(heatmaps[n, k])[index],
    the softmax over all S * S cells of a map, V = number of valid ones.

    Source: He et al. 2017 (Mask R-CNN) sec. 5; the mean over the visible
    keypoints of the batch is detectron2's.

    Args:
        heatmaps: (N, K, S, S) logits of any float dtype, computed in
            float32 at least.
        index: (N, K) int64, the right cell: row * S + column.
        valid: (N, K) bool; the others do not count.

    Returns:
        () loss; 0 with gradient 0 for all of ``heatmaps`` if none is valid.

    Example:
        >>> import torch
        >>> maps = torch.zeros(1, 1, 2, 2)
        >>> index = torch.zeros(1, 1, dtype=torch.long)
        >>> keypoint_loss(maps, index, index == 0)  # log 4
        tensor(1.3863)
    """
    if heatmaps.dtype.itemsize < 4:
        heatmaps = heatmaps.float()
    if not valid.any():
        # Processes of one job have to have gradients for the same tensors.
        return heatmaps.sum() * 0
    return F.cross_entropy(heatmaps.flatten(2)[valid], index[valid])
