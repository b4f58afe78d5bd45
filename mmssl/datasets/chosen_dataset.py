"""Datasets that know their samples by numbers, of which some are chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmssl.datasets.choice import choose
from mmssl.datasets.drawn_dataset import DrawnDataset


class ChosenDataset(DrawnDataset):
    """Base of datasets that know their samples by numbers.

    ``full_init`` of a derived class sets ``_chosen`` to the numbers of the
    samples that ``indices`` leaves.

    Args:
        **kwargs: Of :class:`~mmssl.datasets.drawn_dataset.DrawnDataset`.
    """

    def __init__(self, **kwargs: Any) -> None:
        self._chosen: range | np.ndarray = range(0)
        super().__init__(**kwargs)

    def __len__(self) -> int:
        """Return the number of samples."""
        self.full_init()
        return len(self._chosen)

    def get_subset_(self, indices: int | Sequence[int]) -> None:
        """Keep the first or last n samples, or the samples at ``indices``."""
        self.full_init()
        self._chosen = choose(self._chosen, indices)

    def keep_(self, indices: Sequence[int]) -> None:
        """Keep the samples at ``indices``."""
        self.get_subset_(indices)

    def get_subset(self, indices: int | Sequence[int]) -> Any:
        """Return a dataset of some samples; see :meth:`get_subset_`."""
        self.full_init()
        subset = self._copy_without_annotation({})
        subset.get_subset_(indices)
        return subset
