"""Checks of what a backbone gives out."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor


def pick_stage(maps: Sequence[Tensor], stage: int) -> Tensor:
    """Return one of the backbone's maps.

    Args:
        maps: finest first.
        stage: place among them; -1 is the last.

    Raises:
        ValueError: there is no such map; says what to set.
        TypeError: it is no (N, C, h, w) map.
    """
    if not -len(maps) <= stage < len(maps):
        raise ValueError(
            f'stage {stage} is not there: the backbone gives {len(maps)} '
            'map(s); set backbone.out_indices to the stages that are wanted'
        )
    return check_map(maps[stage])


def check_map(feature_map: Tensor) -> Tensor:
    """Return the map unchanged.

    Raises:
        TypeError: it is no (N, C, h, w) map.
    """
    if feature_map.dim() != 4:
        raise TypeError(
            'regions need maps of shape (N, C, h, w), but the backbone gives '
            f'{tuple(feature_map.shape)}; vision transformers give maps with '
            "out_type='featmap'"
        )
    return feature_map
