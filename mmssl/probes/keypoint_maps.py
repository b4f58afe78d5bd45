"""Maps of views of people, and what they are compared with."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from mmssl.probes.dense_baselines import colour_maps
from mmssl.probes.dense_features import DenseExtractor
from mmssl.probes.dense_judge import numbered_batches
from mmssl.probes.features import one_view
from mmssl.probes.keypoint_samples import (
    PeopleRows,
    joined_people,
    sample_people,
)


class PeopleMaps(NamedTuple):
    """Maps of people's views, of all processes.

    Attributes:
        people: What is known of them.
        maps: Kind -> (n, C, h, w) float32 on the CPU: 'network', and, where
            asked for, 'colour' and 'colour_and_place' of cells of that size.
        hw: Height and width of the views, px.
    """

    people: PeopleRows
    maps: dict[str, Tensor]
    hw: tuple[int, int]


def people_maps(
    extract: DenseExtractor,
    loader: DataLoader,
    semantic_weight: float | None = None,
    baselines: bool = True,
) -> PeopleMaps:
    """Make the maps of a loader's people; every process calls this.

    Args:
        extract: Of a backbone.
        loader: Of PersonKeypoints.
        semantic_weight: lambda; None: the backbone's own.
        baselines: Whether to describe cells also by their colours.

    Raises:
        ValueError: A sample has no keypoints, or a process no sample.
    """
    people: list[PeopleRows] = []
    found: dict[str, list[Tensor]] = {}
    hw = (0, 0)
    for batch, places in numbered_batches(loader):
        views = one_view(batch['inputs'])
        hw = (views.shape[2], views.shape[3])
        people.append(sample_people(batch['data_samples'], places))
        maps = {'network': extract(views, semantic_weight).cpu()}
        if baselines:
            cells = (maps['network'].shape[2], maps['network'].shape[3])
            maps['colour'] = colour_maps(views.cpu(), cells)
            maps['colour_and_place'] = colour_maps(views.cpu(), cells, True)
        for kind, part in maps.items():
            found.setdefault(kind, []).append(part)
    if not people:
        raise ValueError('a probe of keypoints has no people to look at')
    rows, more = joined_people(people).gathered(
        *(torch.cat(parts) for parts in found.values())
    )
    return PeopleMaps(rows, dict(zip(found, more)), hw)
