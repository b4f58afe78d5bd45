"""Swin's patch merging without a bias behind it.

mmpretrain can be told to have one; Microsoft's Swin, timm, torchvision,
mmdet, mmseg and mmpose cannot. The merging is ``W (g n + b) + c`` of the
normalised input n. W has twice as many columns as rows, so that some change d
of the norm's own bias b gives the same: ``W (g n + (b + d)) = W (g n + b) +
c`` where ``W d = c``. The smallest such d is taken.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from mmssl.checkpoints.pickle_globals import CheckpointError

_BIAS = '.downsample.reduction.bias'
# What may be left of c, relative to its largest value, in float32.
_TOLERANCE = 1e-5


def without_merging_bias(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Move the biases of a Swin's patch merging into the norms before them.

    Args:
        state: Of a Swin in mm's names; not changed.

    Returns:
        The same network without ``downsample.reduction.bias``; the very same
        tensors where there was none.

    Raises:
        CheckpointError: A reduction leaves no room (its rows depend on each
            other), or there is no norm before it.

    Example:
        >>> name = 'stages.0.downsample.'
        >>> state = {name + 'norm.bias': torch.zeros(4)}
        >>> state[name + 'reduction.weight'] = torch.ones(1, 4) / 2
        >>> state[name + 'reduction.bias'] = torch.ones(1)
        >>> without_merging_bias(state)[name + 'norm.bias']
        tensor([0.5000, 0.5000, 0.5000, 0.5000])
    """
    plain = {n: t for n, t in state.items() if not n.endswith(_BIAS)}
    for name in state.keys() - plain.keys():
        merging = name[: -len('reduction.bias')]
        norm = f'{merging}norm.bias'
        if norm not in plain:
            raise CheckpointError(
                f'{name} cannot be moved: the merging has no norm'
            )
        weight = state[f'{merging}reduction.weight']
        plain[norm] = plain[norm] + _preimage(name, weight, state[name])
    return plain


def _preimage(name: str, weight: Tensor, bias: Tensor) -> Tensor:
    """Return the smallest d with W d = c, in the weight's kind of number.

    Args:
        name: Of the bias, for the error.
        weight: W, (O, I).
        bias: c, (O,).
    """
    exact, wanted = weight.double(), bias.double()
    found = (torch.linalg.pinv(exact) @ wanted).to(weight.dtype)
    left = (exact @ found.double() - wanted).abs().max()
    if left > _TOLERANCE * wanted.abs().max().clamp(min=1e-12):
        raise CheckpointError(
            f'{name} cannot be moved into the norm before it: the '
            "reduction's rows depend on each other, and without the bias the "
            'features would differ. Use layout "mm"'
        )
    return found
