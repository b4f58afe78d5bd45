"""Images per second and the share of waiting, over the last iterations."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from torch import Tensor


class Iteration(NamedTuple):
    """One training iteration.

    Attributes:
        images: Of this process.
        wait: Seconds until the loader gave the batch.
        whole: Seconds, the wait included.
    """

    images: int
    wait: float
    whole: float


class Throughput:
    """A window of iterations.

    Args:
        size: Iterations that it holds.

    Example:
        >>> window = Throughput(2)
        >>> for wait in (9.0, 1.0, 3.0):
        ...     window.add(Iteration(images=8, wait=wait, whole=4.0))
        >>> window.images_per_s, window.wait_share
        (2.0, 0.5)
    """

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f'a window has at least 1 iteration, got {size}')
        self._window: deque[Iteration] = deque(maxlen=size)

    def add(self, iteration: Iteration) -> None:
        """Add an iteration; the oldest leaves a full window."""
        self._window.append(iteration)

    def clear(self) -> None:
        """Begin anew."""
        self._window.clear()

    @property
    def full(self) -> bool:
        """Whether the window holds as many as it can."""
        return len(self._window) == self._window.maxlen

    @property
    def images_per_s(self) -> float:
        """Images of this process per second."""
        return sum(i.images for i in self._window) / self._seconds

    @property
    def wait_share(self) -> float:
        """Share of the time that was spent waiting for batches."""
        return sum(i.wait for i in self._window) / self._seconds

    @property
    def _seconds(self) -> float:
        return max(sum(i.whole for i in self._window), 1e-9)


def bottleneck_warning(
    share: float,
    iterations: int,
    workers: int,
    cores: int,
    slowest: tuple[str, float] | None,
) -> str:
    """Say that training waits for data, for what, and what helps.

    Args:
        share: Of the time that is spent waiting.
        iterations: Over which it was measured.
        workers: Of the data loader of one process.
        cores: That this machine lets a process use.
        slowest: Step of the input pipeline that takes most, and its share
            of the pipeline; None if it could not be measured.

    Example:
        >>> bottleneck_warning(0.4, 50, 2, 8, ('LoadFlow', 0.6))
        'the input pipeline is the bottleneck: 40 % of the last 50 iterations
        was spent waiting for data. LoadFlow takes most of it, 60 % of the
        time of a sample. What helps: train_dataloader.num_workers above 2
        (this machine has 8 cores); smaller images on disk; a cheaper
        LoadFlow. "mmssl profile CONFIG" shows every transform'
    """
    most, cheaper = '', ''
    if slowest is not None:
        name, part = slowest
        most = f' {name} takes most of it, {part:.0%} of the time of a sample.'
        most = most.replace('%', ' %')
        cheaper = f'; a cheaper {name}'
    if workers < cores:
        more = (
            f'train_dataloader.num_workers above {workers} (this machine has '
            f'{cores} cores); '
        )
    else:
        more = f'more than the {cores} cores of this machine; '
    return (
        f'the input pipeline is the bottleneck: {share * 100:.0f} % of the '
        f'last {iterations} iterations was spent waiting for data.{most} What '
        f'helps: {more}smaller images on disk{cheaper}. "mmssl profile '
        'CONFIG" shows every transform'
    )


def count_images(batch: Any) -> int:
    """Return the number of samples of a batch; 0 if that is not clear.

    Args:
        batch: What a loader gave: a dict with ``data_samples``, or with
            ``inputs``: a tensor, a list of samples, a list of views that are
            lists of samples, or a dict of such; or a tuple of such.

    Example:
        >>> count_images({'inputs': {'img': ['a', 'b']}})
        2
    """
    if isinstance(batch, dict):
        for key in ('data_samples', 'inputs'):
            if batch.get(key) is not None:
                return count_images(batch[key])
        batch = tuple(batch.values())
    if isinstance(batch, tuple):
        return count_images(batch[0]) if batch else 0
    if isinstance(batch, Tensor):
        return len(batch)
    if not isinstance(batch, list) or not batch:
        return 0
    views = isinstance(batch[0], (list, tuple))
    return len(batch[0]) if views else len(batch)
