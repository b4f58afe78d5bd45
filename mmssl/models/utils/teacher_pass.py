"""The passes of SOLIDER's teacher: at lambda 1, and at the lambdas drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from mmssl.models.utils.token_maps import last_map, raw_map, raw_tokens
from mmssl.models.utils.view_features import view_features


def has_batch_norm(module: nn.Module) -> bool:
    """Whether what a module gives for an image depends on others."""
    return any(isinstance(part, _BatchNorm) for part in module.modules())


def repeats_itself(module: nn.Module) -> bool:
    """Whether the same image gives the same once more, in training too.

    Not so with batch statistics, dropout and stochastic depth.
    """
    # mmcv, mmpretrain and timm each have a class DropPath.
    drops = (
        getattr(part, 'p', None) or getattr(part, 'drop_prob', None)
        for part in module.modules()
        if isinstance(part, _DropoutNd) or type(part).__name__ == 'DropPath'
    )
    return not has_batch_norm(module) and not any(drops)


def maps_at_one(
    backbone: nn.Module, views: Sequence[Tensor], raw: bool = False
) -> tuple[Tensor, Tensor]:
    """Return maps and pooled features of views at lambda 1.

    Args:
        backbone: the teacher's.
        views: V of one size, each (N, 3, h, w).
        raw: maps before the backbone's last norm.

    Returns:
        (V * N, C, h', w') and (V * N, C).
    """
    ones = torch.ones(len(views[0]), device=views[0].device)
    if not raw:
        features = view_features(backbone, views, ones)
        return last_map(features.outputs[0]), features.pooled
    with raw_tokens(backbone) as found:
        features = view_features(backbone, views, ones)
    maps = raw_map(found[0], last_map(features.outputs[0]))
    return maps, features.pooled


def pooled_at(
    backbone: Any,
    views: Sequence[Tensor],
    drawn: Tensor,
    at_one: Tensor,
    reuse: bool = True,
) -> Tensor:
    """Return pooled features of views with a lambda for each image.

    Args:
        backbone: the teacher's.
        views: V, each (N, 3, h, w).
        drawn: (N,) lambdas, on the CPU, where they can be looked at.
        at_one: (V * N, C), the same with lambda 1 for all.
        reuse: run only the images of other lambdas.

    Returns:
        (V * N, C).
    """
    if not getattr(backbone, 'accepts_semantic_weight', False):
        return at_one
    device = at_one.device
    others = (drawn != 1).nonzero()[:, 0]
    if not reuse or len(others) == len(drawn):
        weights = drawn.to(device, non_blocking=True)
        return view_features(backbone, views, weights).pooled
    if not len(others):
        return at_one
    weights = drawn[others].to(device, non_blocking=True)
    others = others.to(device, non_blocking=True)
    found = view_features(backbone, [v[others] for v in views], weights)
    both = at_one.view(len(views), len(drawn), -1)
    some = found.pooled.view(len(views), len(weights), -1)
    return both.index_copy(1, others, some).flatten(0, 1)
