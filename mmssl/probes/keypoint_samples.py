"""The keypoints that a probe is measured against, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from mmengine.structures import BaseDataElement
from torch import Tensor

from mmssl.probes.gather import gather_in_order

_FIX = 'use PersonKeypoints and end the pipeline with PackKeypoints'


class PeopleRows(NamedTuple):
    """What is known of people, in px of their view.

    Attributes:
        places: (n,) int64, number in the data set.
        keypoints: (n, K, 3) float32 x, y, v.
        sizes: (n,) float32, longer side of the person's box.
        areas: (n,) float32 px^2.
    """

    places: Tensor
    keypoints: Tensor
    sizes: Tensor
    areas: Tensor

    def gathered(self, *more: Tensor) -> tuple[PeopleRows, list[Tensor]]:
        """Return those of all processes in the data set's order.

        Args:
            *more: (n, ...) rows that belong to them.
        """
        places, *rows = gather_in_order(self.places, *self[1:], *more)
        return PeopleRows(places, *rows[:3]), rows[3:]


def sample_people(
    samples: Sequence[BaseDataElement], places: Sequence[int]
) -> PeopleRows:
    """Return what the samples of a batch say.

    Args:
        samples: those of a batch.
        places: their numbers in the data set.

    Raises:
        ValueError: one has no keypoints, or another number of them.
    """
    names = ('keypoints', 'person_size', 'person_area')
    found = [[sample.get(name) for name in names] for sample in samples]
    bad = [i for i, v in enumerate(found) if any(one is None for one in v)]
    shapes = sorted({tuple(v[0].shape) for v in found if v[0] is not None})
    if bad or len(shapes) != 1 or len(shapes[0]) != 2:
        name = samples[bad[0]].metainfo.get('img_path', '') if bad else ''
        raise ValueError(
            f'data samples with keypoints (K, 3) are needed, {len(bad)} of '
            f'{len(samples)} have none'
            f'{f" (the first is {name})" if name else ""}, shapes are '
            f'{shapes}: {_FIX}'
        )
    points, sizes, areas = zip(*found)
    return PeopleRows(
        torch.tensor(list(places)),
        torch.stack(points).float(),
        torch.cat(sizes).float(),
        torch.cat(areas).float(),
    )


def joined_people(parts: Sequence[PeopleRows]) -> PeopleRows:
    """Put the people of several batches together."""
    return PeopleRows(*(torch.cat(part) for part in zip(*parts)))
