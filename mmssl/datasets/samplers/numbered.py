"""Numbers for the draws of any sampler, and a way to start in the middle."""

from __future__ import annotations

from collections.abc import Iterator, Sized
from itertools import islice
from typing import Any

from mmengine.dataset import InfiniteSampler
from mmengine.dist import get_dist_info
from mmengine.registry import DATA_SAMPLERS as ROOT_SAMPLERS
from torch.utils.data import Sampler

from mmssl.datasets.samplers.draws import Draw
from mmssl.registry import DATA_SAMPLERS


class NumberedSampler(Sampler):
    """Turn the indices of a sampler into draws, and skip those done.

    With R processes and L draws of all of them in an epoch, process r's
    place p in epoch e is the draw ``e L + p R + r``. What is not listed here
    is asked of the sampler inside.

    Args:
        sampler: Yields the indices of this process, each time from the head
            of its epoch.

    Example:
        >>> from torch.utils.data import SequentialSampler
        >>> sampler = NumberedSampler(SequentialSampler(range(4)))
        >>> sampler.set_position(epoch=2, draws=3)
        >>> list(sampler)
        [Draw(3, number=11)]
    """

    def __init__(self, sampler: Any) -> None:
        self.sampler = sampler
        self.rank, self.world_size = get_dist_info()
        self.infinite = isinstance(sampler, InfiniteSampler)
        self.epoch = 0
        self.skipped = 0

    def __iter__(self) -> Iterator[Draw]:
        """Yield this process's draws from the position on."""
        base = self.epoch * len(self) * self.world_size
        first = self.skipped // self.world_size
        indices = islice(iter(self.sampler), first, None)
        for place, index in enumerate(indices, first):
            yield Draw(index, base + place * self.world_size + self.rank)

    def __len__(self) -> int:
        """Return the draws of this process in one epoch."""
        return len(self.sampler)

    def set_epoch(self, epoch: int) -> None:
        """Begin the next iteration at the head of an epoch."""
        self.set_position(epoch, 0)

    def set_position(self, epoch: int, draws: int) -> None:
        """Begin the next iteration there.

        Args:
            epoch: Epoch of the data; 0 for a sampler that never ends.
            draws: Draws of it that all processes together have made.
        """
        self.epoch, self.skipped = (0 if self.infinite else epoch), draws
        if hasattr(self.sampler, 'set_epoch'):
            self.sampler.set_epoch(epoch)

    @property
    def seed(self) -> Any:
        """Seed of the sampler inside, if it has one."""
        return getattr(self.sampler, 'seed', None)

    @seed.setter
    def seed(self, seed: int) -> None:
        self.sampler.seed = seed

    def __getattr__(self, name: str) -> Any:
        if name.startswith('__') or name == 'sampler':
            raise AttributeError(name)
        return getattr(self.sampler, name)


@DATA_SAMPLERS.register_module()
def numbered_sampler(
    dataset: Sized, sampler: dict, seed: int | None = None
) -> Any:
    """Build a sampler that numbers its draws and can start anywhere.

    Args:
        dataset: The data set.
        sampler: Config of any sampler.
        seed: Handed to it, unless its config has one.

    Returns:
        One of mmssl's samplers as it is, any other in a
        :class:`NumberedSampler`.
    """
    built = ROOT_SAMPLERS.build(
        sampler, default_args=dict(dataset=dataset, seed=seed)
    )
    if hasattr(built, 'set_position'):
        return built
    return NumberedSampler(built)


class SkippingBatchSampler(Sampler):
    """A batch sampler that can leave out its first batches, unread.

    Args:
        batch_sampler: Yields lists of indices. What is not listed here is
            asked of it.
    """

    def __init__(self, batch_sampler: Any) -> None:
        self.batch_sampler = batch_sampler
        self.skipped_batches = 0

    def __iter__(self) -> Iterator[list[int]]:
        """Yield the batches after those that are left out."""
        return islice(iter(self.batch_sampler), self.skipped_batches, None)

    def __len__(self) -> int:
        """Return the batches of a whole epoch."""
        return len(self.batch_sampler)

    def __getattr__(self, name: str) -> Any:
        if name.startswith('__') or name == 'batch_sampler':
            raise AttributeError(name)
        return getattr(self.batch_sampler, name)


@DATA_SAMPLERS.register_module()
def skipping_batch_sampler(
    sampler: Any, batch_size: int, batch_sampler: dict
) -> SkippingBatchSampler:
    """Build a batch sampler of a config's that can start anywhere.

    Args:
        sampler: Of single draws.
        batch_size: Handed to it, unless its config has one.
        batch_sampler: Config of the batch sampler.
    """
    return SkippingBatchSampler(
        ROOT_SAMPLERS.build(
            batch_sampler,
            default_args=dict(sampler=sampler, batch_size=batch_size),
        )
    )
