"""Batches from any place of the data on, and where one is."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from mmengine.dist import get_rank, get_world_size
from torch.utils.data import DataLoader

from mmssl.utils.random_state import kept_cpu_generators, seed_cpu_generators


@dataclass
class DataPosition:
    """How far a run has got in its data.

    Args:
        epoch: Times the sampler began anew.
        batches: Batches of one process since then.
        draws: Samples of all processes together since then.
    """

    epoch: int = 0
    batches: int = 0
    draws: int = 0

    def state_dict(self) -> dict[str, int]:
        """Return plain numbers."""
        return asdict(self)


class BatchStream:
    """The batches of a loader, one after another, resumable.

    Workers start when the first batch is asked for, so a resumed run reads
    nothing that is thrown away: its position is set before. The generators
    that a loader takes its seeds from are seeded by (seed, position, rank)
    while it starts, and put back: neither the number of epochs nor that of
    resumptions changes what the network draws.

    Args:
        loader: The loader. Its sampler should have ``set_position`` (those
            of mmssl have), or its batch sampler ``skipped_batches``; of
            others, what is done is read once more and thrown away.
        seed: Of the run.

    Attributes:
        loader: The loader.
        seed: Of the run.
        position: After the last batch.
        waited_s: How long the last batch was waited for, seconds.
    """

    def __init__(self, loader: DataLoader, seed: int) -> None:
        self.loader = loader
        self.seed = seed
        self.position = DataPosition()
        self.waited_s = 0.0

    @property
    def reads_again(self) -> bool:
        """Whether resuming reads data that was trained on already."""
        return not hasattr(self.loader.sampler, 'set_position') and not (
            hasattr(self.loader.batch_sampler, 'skipped_batches')
        )

    def epoch(self) -> Iterator[Any]:
        """Yield the rest of the epoch; the position is after each batch."""
        step = batch_draws(self.loader)
        for batch in self._timed(self._open()):
            self.position.batches += 1
            self.position.draws += step
            yield batch
        self.position = DataPosition(self.position.epoch + 1)

    def endless(self) -> Iterator[Any]:
        """Yield batches for ever.

        Raises:
            ValueError: The loader has no batch.
        """
        while True:
            fresh, got = self.position.batches == 0, False
            for batch in self.epoch():
                got = True
                yield batch
            if fresh and not got:
                raise ValueError(
                    'the training loader has no batch: fewer samples than '
                    f'batch_size={self.loader.batch_size} and drop_last'
                )

    def _timed(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Yield batches; note how long each was waited for."""
        begin = time.perf_counter()
        for batch in batches:
            self.waited_s = time.perf_counter() - begin
            yield batch
            begin = time.perf_counter()

    def _open(self) -> Iterator[Any]:
        """Start the loader at the position."""
        place = self.position
        unread = _move(self.loader, place)
        with kept_cpu_generators():
            seed_cpu_generators(
                (self.seed, place.epoch, place.batches, get_rank())
            )
            iterator = iter(self.loader)
        return islice(iterator, unread, None)


def batch_draws(loader: DataLoader) -> int:
    """Return the draws of one batch of all processes together."""
    size = loader.batch_size
    if size is None:
        size = getattr(loader.batch_sampler, 'batch_size', 1)
    return size * get_world_size()


def _move(loader: DataLoader, place: DataPosition) -> int:
    """Set a loader's position; return the batches left to throw away."""
    if hasattr(loader.sampler, 'set_position'):
        loader.sampler.set_position(place.epoch, place.draws)
        return 0
    batches: Any = loader.batch_sampler
    samplers: tuple[Any, ...] = (
        loader.sampler,
        batches,
        getattr(batches, 'sampler', None),
    )
    for sampler in samplers:
        if hasattr(sampler, 'set_epoch'):
            sampler.set_epoch(place.epoch)
    if hasattr(batches, 'skipped_batches'):
        batches.skipped_batches = place.batches
        return 0
    return place.batches
