"""Views of several sizes through one backbone, one pass for each size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Union

import torch
from torch import Tensor

from mmssl.models.utils.pooled import pooled_feature
from mmssl.models.utils.region_plan import same_size_groups

# Of every image in (N,), the same for all views; or of each view its own.
Weights = Union[Tensor, Sequence[Tensor], None]


class ViewFeatures(NamedTuple):
    """What a backbone makes of views.

    Attributes:
        pooled: (R, C), one row for each image of each view, view after view.
        outputs: of each size, in order of first appearance, what the
            backbone gave for all views of it.
        groups: of each size, the places of its views.
    """

    pooled: Tensor
    outputs: list[Any]
    groups: list[tuple[int, ...]]


def view_features(
    backbone: Any, views: Sequence[Tensor], semantic_weight: Weights = None
) -> ViewFeatures:
    """Run all views of one size together; return features view after view.

    Args:
        backbone: of what it gives out, the last is pooled.
        views: V, each (N_v, 3, h_v, w_v). Batch statistics are those of all
            views of a size.
        semantic_weight: lambda of each image: (N,) for all views, or V
            tensors (N_v,). Goes to backbones with
            ``accepts_semantic_weight``; None leaves them their default.

    Raises:
        ValueError: numbers of views and of weights differ.
    """
    weights = _of_each_view(semantic_weight, views)
    takes = getattr(backbone, 'accepts_semantic_weight', False)
    groups = same_size_groups([tuple(view.shape[-2:]) for view in views])
    outputs, pooled = [], []
    for group in groups:
        batch = _joined([views[v] for v in group])
        options = {}
        if takes and weights is not None:
            options['semantic_weight'] = _joined([weights[v] for v in group])
        outputs.append(backbone(batch, **options))
        pooled.append(pooled_feature(outputs[-1]))
    return ViewFeatures(_in_order(pooled, groups, views), outputs, groups)


def _of_each_view(
    weights: Weights, views: Sequence[Tensor]
) -> Sequence[Tensor] | None:
    """Return the weights of each view's images.

    Raises:
        ValueError: They are not as many.
    """
    if weights is None:
        return None
    if isinstance(weights, Tensor):
        weights = [weights] * len(views)
    given = [len(each) for each in weights]
    wanted = [len(view) for view in views]
    if given != wanted:
        raise ValueError(
            'semantic_weight must have one value for each image of each '
            f'view: the views have {wanted} images, the weights {given}'
        )
    return weights


def _in_order(
    pooled: list[Tensor],
    groups: list[tuple[int, ...]],
    views: Sequence[Tensor],
) -> Tensor:
    """Return the rows of all groups in the order of the views."""
    places = [view for group in groups for view in group]
    rows = _joined(pooled)
    if places == sorted(places):
        return rows
    parts = rows.split([len(views[v]) for v in places])
    return torch.cat([parts[places.index(v)] for v in range(len(views))])


def _joined(parts: Sequence[Tensor]) -> Tensor:
    """Concatenate; a single part is not copied."""
    return torch.cat(list(parts)) if len(parts) > 1 else parts[0]
