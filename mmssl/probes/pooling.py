"""From what a backbone gives out to one vector for each image."""

from __future__ import annotations

from typing import Any

from torch import Tensor


def pool_outputs(outputs: Any, stage: int = -1) -> Tensor:
    """Pool a backbone's (or neck's) output to one vector for each row.

    Maps are averaged over their cells, tokens over the tokens; vectors stay.
    The mean is taken in float32, whatever the precision of the network.

    Args:
        outputs: tensor, or tuple or list of tensors, one for each stage:
            (N, C, H, W) maps, (N, L, C) tokens, or (N, C) vectors (a
            vision transformer's ``out_type='cls_token'``).
        stage: place in the tuple; -1 is the last stage.

    Returns:
        (N, C) float32, in the graph of ``outputs``.

    Raises:
        TypeError: ``outputs`` is neither a tensor nor a tuple of tensors.
        ValueError: there is no such stage, or the tensor has another number
            of dimensions.

    Example:
        >>> import torch
        >>> maps = torch.ones(2, 4, 8, 8), torch.full((2, 6, 4, 4), 3.0)
        >>> pool_outputs(maps).shape, pool_outputs(maps, 0).shape
        (torch.Size([2, 6]), torch.Size([2, 4]))
    """
    if isinstance(outputs, (tuple, list)):
        if not -len(outputs) <= stage < len(outputs):
            raise ValueError(
                f'stage {stage} is asked for, but there are {len(outputs)} '
                f'outputs: stage must be in {-len(outputs)} .. '
                f'{len(outputs) - 1}; a backbone gives out what its '
                'out_indices name'
            )
        outputs = outputs[stage]
    if not isinstance(outputs, Tensor):
        raise TypeError(
            'features must be a tensor or a tuple of tensors, got '
            f'{type(outputs).__name__}'
        )
    dims = {2: (), 3: (1,), 4: (2, 3)}.get(outputs.dim())
    if dims is None:
        raise ValueError(
            'features must be (N, C, H, W) maps, (N, L, C) tokens or (N, C) '
            f'vectors, got shape {tuple(outputs.shape)}'
        )
    return outputs.float().mean(dims) if dims else outputs.float()
