"""Which regions of which views are compared, and how to compute them.

Everything here is places and indices; no network, no feature. A plan is made
once for each batch and carried out twice, by the student and by the teacher.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor


class Group(NamedTuple):
    """Views of one size, which run through the backbone together.

    Attributes:
        views: Their places among the views, V'.
        boxes: (M', 5) float32: row of the view-major batch (V' * N), x1, y1,
            x2, y2 in px; None: all images as wholes.
    """

    views: tuple[int, ...]
    boxes: Tensor | None


class RegionPlan(NamedTuple):
    """What to compute and what to compare.

    Attributes:
        groups: One for each size of views.
        order: Places of the R regions, in the order of ``sides``, among those
            of all groups; None: they are in order.
        sides: (2, P) int64, for each pair the rows of its two regions.
        images: (P,) int64, its image in the batch.
    """

    groups: tuple[Group, ...]
    order: Tensor | None
    sides: Tensor
    images: Tensor


def same_size_groups(sizes: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Group views by size, in order of first appearance.

    Example:
        >>> same_size_groups([(8, 8), (4, 4), (8, 8)])
        [(0, 2), (1,)]
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for view, size in enumerate(sizes):
        groups.setdefault(tuple(size), []).append(view)
    return [tuple(views) for views in groups.values()]


def plan_images(
    sizes: Sequence[Sequence[int]], num_images: int, device: torch.device
) -> RegionPlan:
    """Compare whole images: every pair of views of every image.

    Args:
        sizes: (h, w) of each of V views, px.
        num_images: N.
        device: of the indices.
    """
    groups = same_size_groups(sizes)
    # The rows that the groups give, as views; wanted are views in order.
    given = list(itertools.chain(*groups))
    rows = np.arange(len(sizes) * num_images).reshape(-1, num_images)
    order = rows[np.argsort(given)].reshape(-1)
    pairs = list(itertools.combinations(range(len(sizes)), 2))
    sides = np.stack([rows[list(side)].reshape(-1) for side in zip(*pairs)])
    images = np.tile(np.arange(num_images), len(pairs))
    return RegionPlan(
        tuple(Group(views, None) for views in groups),
        None if len(groups) == 1 else _to(order, device),
        _to(sides, device),
        _to(images, device),
    )


def plan_boxes(
    sizes: Sequence[Sequence[int]],
    boxes: Sequence[Tensor],
    box_views: Sequence[Tensor],
    device: torch.device,
) -> RegionPlan:
    """Compare boxes: region i of pair p is its box in its view.

    Args:
        sizes: (h, w) of each of V views, px.
        boxes: for each of N images (M_n, 2, 4): x1, y1, x2, y2 of each pair
            in px of its two views; M_n may be 0.
        box_views: for each image (M_n, 2) int64: the two views.
        device: of what is returned.

    Returns:
        Regions: the first sides of all pairs, then the second ones.

    Raises:
        ValueError: shapes do not belong together, or a view is not there.
    """
    _check_boxes(boxes, box_views)
    counts = [len(one) for one in boxes]
    images = torch.from_numpy(np.repeat(np.arange(len(boxes)), counts))
    images = images.to(boxes[0].device, non_blocking=True)
    places = torch.cat(list(boxes)).float().transpose(0, 1).reshape(-1, 4)
    views = torch.cat(list(box_views)).transpose(0, 1).reshape(-1)
    _check_views(views, len(sizes))
    groups = same_size_groups(sizes)
    twice = images.repeat(2)
    made, chosen = [], []
    for group in groups:
        index, place = _of_group(group, views, len(sizes))
        rows = place * len(boxes) + twice[index]
        rows = torch.cat((rows[:, None].float(), places[index]), dim=1)
        made.append(Group(group, rows.to(device, non_blocking=True)))
        chosen.append(index)
    order = None if len(groups) == 1 else torch.cat(chosen).argsort()
    return RegionPlan(
        tuple(made),
        order if order is None else order.to(device, non_blocking=True),
        torch.arange(len(twice), device=device).view(2, -1),
        images.to(device, non_blocking=True),
    )


def _of_group(
    group: tuple[int, ...], views: Tensor, num_views: int
) -> tuple[Any, Tensor]:
    """Return which regions lie in a group, and their views' places in it."""
    if len(group) == num_views:
        # To pick some, the host would have to wait for a GPU.
        return slice(None), views
    table = torch.full((num_views,), -1)
    table[list(group)] = torch.arange(len(group))
    place = table.to(views.device)[views]
    index = (place >= 0).nonzero()[:, 0]
    return index, place[index]


def _check_boxes(boxes: Sequence[Tensor], box_views: Sequence[Tensor]) -> None:
    for i, (places, views) in enumerate(zip(boxes, box_views)):
        if places.shape[1:] != (2, 4) or views.shape != places.shape[:2]:
            raise ValueError(
                'boxes must be (M, 2, 4) and box_views (M, 2), got '
                f'{tuple(places.shape)} and {tuple(views.shape)} in sample {i}'
            )


def _check_views(views: Tensor, num_views: int) -> None:
    """Check places, unless that would mean waiting for a GPU."""
    if views.device.type == 'cpu' and len(views):
        low, high = int(views.min()), int(views.max())
        if low < 0 or high >= num_views:
            raise ValueError(
                f'box_views must be in [0, {num_views - 1}], as there are '
                f'{num_views} views; got {low} to {high}'
            )


def _to(array: np.ndarray, device: torch.device) -> Tensor:
    return torch.from_numpy(array).to(device, non_blocking=True)
