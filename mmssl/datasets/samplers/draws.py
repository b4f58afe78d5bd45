"""Samplers whose every item says which draw of the whole run it is.

Augmentation that is seeded by the draw's number depends neither on the number
of workers nor on the number of processes, and a run is resumed by one number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sized
from typing import Any

import numpy as np
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from mmssl.registry import DATA_SAMPLERS


class Draw(int):
    """A sample index that carries the global number of its draw.

    It is an ``int`` (the index), so every dataset accepts it. The number
    survives pickling and the arithmetic of dataset wrappers (``-`` in
    ConcatDataset, ``%`` in RepeatDataset).

    Args:
        index: Index of the sample.
        number: How many draws all processes together made before this one.

    Example:
        >>> draw = Draw(7, number=1000)
        >>> draw + 0, draw.number, (draw - 5).number
        (7, 1000, 1000)
    """

    number: int

    def __new__(cls, index: int, number: int) -> Draw:
        """Make the integer and attach the number."""
        draw = super().__new__(cls, index)
        draw.number = int(number)
        return draw

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (int(self), self.number)

    def __sub__(self, other: int) -> Draw:
        return Draw(int(self) - int(other), self.number)

    def __mod__(self, other: int) -> Draw:
        return Draw(int(self) % int(other), self.number)

    def __repr__(self) -> str:
        return f'Draw({int(self)}, number={self.number})'


@DATA_SAMPLERS.register_module()
class DrawSampler(Sampler):
    """Permutations of the dataset, one after another, as numbered draws.

    Of n samples, draw d is the sample ``permutation_e[d % n]`` of epoch
    ``e = d // n``, where ``permutation_e`` comes from
    ``default_rng([seed, e])``. Process r of R takes the draws r, r + R, ...,
    so that R processes with batch B / R see in every step the samples that
    one process with batch B sees.

    Args:
        dataset: The dataset; only its length is used.
        seed: Seed of the permutations, equal in all processes. None takes
            one number for all of them from the host's generator.
        shuffle: False keeps the order of the dataset.
        infinite: True (for IterBasedTrainLoop) never ends and crosses the
            borders of epochs within a batch. False (for EpochBasedTrainLoop,
            which would otherwise never end its first epoch) yields the epoch
            of :meth:`set_epoch`; every process then gets the same count, and
            missing draws repeat the head of the epoch.
        start: First global draw number; set the attribute before iterating
            to resume there. In epoch mode it counts only in its own epoch.

    Raises:
        ValueError: The dataset is empty, or ``start`` is negative.
    """

    def __init__(
        self,
        dataset: Sized,
        seed: int | None = None,
        *,
        shuffle: bool = True,
        infinite: bool = True,
        start: int = 0,
    ) -> None:
        if start < 0:
            raise ValueError(f'start must be a draw number >= 0, got {start}')
        self.size = checked_size(dataset)
        self.rank, self.world_size = get_dist_info()
        self.seed = sync_random_seed() if seed is None else int(seed)
        self.shuffle = shuffle
        self.infinite = infinite
        self.start = start
        self.epoch = 0

    def __iter__(self) -> Iterator[Draw]:
        """Yield this process's draws."""
        if self.infinite:
            return self._endless()
        return self._one_epoch()

    def __len__(self) -> int:
        """Return the draws of this process in one epoch."""
        return -(-self.size // self.world_size)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next iteration yields (epoch mode)."""
        self.epoch = epoch

    def set_position(self, epoch: int, draws: int) -> None:
        """Begin the next iteration in the middle.

        Args:
            epoch: Epoch of the data; without meaning if ``infinite``.
            draws: Draws that all processes together have made already: of
                this epoch (or more, after a short last batch), or of the
                whole run if ``infinite``.
        """
        self.epoch = epoch
        self.start = draws
        if not self.infinite:
            done = min(draws, len(self) * self.world_size)
            self.start = epoch * self.size + done

    def permutation(self, epoch: int) -> np.ndarray:
        """Return the order of one epoch, (n,) int64."""
        if not self.shuffle:
            return np.arange(self.size)
        rng = np.random.default_rng([self.seed, epoch])
        return rng.permutation(self.size)

    def _endless(self) -> Iterator[Draw]:
        number = self.start + self.rank
        while True:
            epoch, place = divmod(number, self.size)
            order = self.permutation(epoch)
            while place < self.size:
                yield Draw(order[place], number)
                place += self.world_size
                number += self.world_size

    def _one_epoch(self) -> Iterator[Draw]:
        order = self.permutation(self.epoch)
        base = self.epoch * self.size
        done = self.start - base
        stop = len(self) * self.world_size
        first = done if 0 < done <= stop else 0
        for place in range(first + self.rank, stop, self.world_size):
            within = place % self.size
            yield Draw(order[within], base + within)


def checked_size(dataset: Sized) -> int:
    """Return the length of a dataset, or raise ValueError if it is empty."""
    size = len(dataset)
    if size < 1:
        raise ValueError('cannot sample from an empty dataset')
    return size
