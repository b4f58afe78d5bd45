"""The published sampler, whose list is made in advance for the whole run."""

from __future__ import annotations

from collections.abc import Iterator, Sized

import numpy as np
from mmengine.dist import get_dist_info
from torch.utils.data import Sampler

from mmssl.datasets.samplers.draws import Draw, checked_size
from mmssl.registry import DATA_SAMPLERS


@DATA_SAMPLERS.register_module()
class GivenIterationSampler(Sampler):
    """The published sampler: one list for the whole run, made in advance.

    The indices 0, 1, ... are cut off or repeated to the number of samples of
    the whole run, shuffled once, and dealt to the processes in contiguous
    pieces. If the dataset is longer than the run, only its **head** is used.

    Source: DistributedGivenIterationSampler of the published CMP.
    Deviates: numbers of draws are attached; they are places in the shuffled
    list. ``start`` replaces ``last_iter``: samples of all processes together.

    Args:
        dataset: The dataset; only its length is used.
        total_iter: Iterations of the whole run.
        batch_size: Samples per iteration and process.
        seed: Seed of the one shuffle. Published recipes must write
            ``seed=0``: a runner hands its own seed to samplers without one.
        start: Draws that all processes together have made already.

    Raises:
        ValueError: The dataset is empty, or a number is out of range.
    """

    def __init__(
        self,
        dataset: Sized,
        total_iter: int,
        batch_size: int,
        seed: int | None = 0,
        start: int = 0,
    ) -> None:
        if total_iter < 1 or batch_size < 1 or start < 0:
            raise ValueError(
                'total_iter and batch_size must be >= 1 and start >= 0, got '
                f'{total_iter}, {batch_size} and {start}'
            )
        self.size = checked_size(dataset)
        self.rank, self.world_size = get_dist_info()
        self.total = total_iter * batch_size
        self.seed = 0 if seed is None else int(seed)
        self.start = start

    def __iter__(self) -> Iterator[Draw]:
        """Yield this process's piece, from ``start`` on."""
        whole = self.total * self.world_size
        order = np.resize(np.arange(min(self.size, whole)), whole)
        np.random.RandomState(self.seed).shuffle(order)
        first = self.rank * self.total
        piece = order[first : first + self.total].copy()
        del order  # 200 MB in the largest published run
        for place in range(self.start // self.world_size, self.total):
            yield Draw(piece[place], first + place)

    def __len__(self) -> int:
        """Return the samples of this process in the whole run."""
        return self.total

    def set_position(self, epoch: int, draws: int) -> None:
        """Begin after so many draws of all processes together."""
        self.start = draws

    def set_epoch(self, epoch: int) -> None:
        """Do nothing: the list is made once for the whole run."""
