"""One vector for each image, from whatever a backbone gives out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def pooled_feature(outputs: Tensor | Sequence[Tensor]) -> Tensor:
    """Return one vector for each image: of the last map, its mean.

    Args:
        outputs: of a backbone: a tensor, or several, of which the last
            counts: a map (N, C, h, w), whose cells are averaged, or vectors
            (N, C) that stay as they are (a vision transformer's cls token).

    Returns:
        (N, C) float32 (float64 stays), also under autocast, in the graph.

    Raises:
        TypeError: there is no tensor.
        ValueError: it has another number of dimensions.

    Example:
        >>> maps = torch.ones(2, 4, 8, 4), torch.full((2, 6, 4, 2), 3.0)
        >>> pooled_feature(maps).shape
        torch.Size([2, 6])
    """
    if isinstance(outputs, (tuple, list)) and outputs:
        outputs = outputs[-1]
    if not isinstance(outputs, Tensor):
        raise TypeError(
            'a backbone must give a tensor or a tuple of tensors, got '
            f'{type(outputs).__name__}'
        )
    if outputs.dim() not in (2, 4):
        raise ValueError(
            'the backbone must give (N, C, h, w) or (N, C), got '
            f"{tuple(outputs.shape)}; set out_type='featmap' or 'cls_token'"
        )
    with torch.autocast(outputs.device.type, enabled=False):
        outputs = outputs.to(torch.promote_types(outputs.dtype, torch.float32))
        return outputs.mean((2, 3)) if outputs.dim() == 4 else outputs
