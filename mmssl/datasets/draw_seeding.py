"""Random numbers of a sample that depend on its draw alone.

Transforms of other libraries draw from the global generators of Python,
numpy and torch. Those of a data worker depend on how many workers there are,
on what they did before and on when they were started; none of it is known
when a run is resumed. Seeded for every draw, they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mmengine.registry import DATASETS as ROOT_DATASETS
from torch.utils.data import Dataset, IterableDataset, get_worker_info

from mmssl.registry import DATASETS
from mmssl.utils.random_state import kept_cpu_generators, seed_cpu_generators


@contextmanager
def seeded_draw(*numbers: int) -> Iterator[None]:
    """Seed the global generators for one draw.

    In the main process they are put back afterwards, so that loading data
    there does not change what the network draws; a worker has no other use
    for them. 0.03 ms in a worker, 0.13 ms in the main process.

    Args:
        *numbers: What determines the draw, each >= 0: the data set's seed,
            the draw's number.
    """
    if get_worker_info() is not None:
        seed_cpu_generators(numbers)
        yield
        return
    with kept_cpu_generators():
        seed_cpu_generators(numbers)
        yield


class SeededDataset(Dataset):
    """Any data set, with the global generators seeded for each draw.

    What is asked of it and set on it goes through to the data set inside.

    Args:
        dataset: The data set.
        seed: Seed of all draws.
    """

    _own = ('dataset', 'draw_seed')

    def __init__(self, dataset: Dataset, seed: int) -> None:
        self.dataset: Any = dataset
        self.draw_seed = seed

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        """Return a sample; only numbered draws are seeded.

        Args:
            index: ``Draw``, or a plain index.
        """
        number = getattr(index, 'number', None)
        if number is None:
            return self.dataset[index]
        with seeded_draw(self.draw_seed, number):
            return self.dataset[index]

    def __getattr__(self, name: str) -> Any:
        # dunder names: __getitems__ would go past __getitem__
        if name.startswith('__') or name in self._own:
            raise AttributeError(name)
        return getattr(self.dataset, name)

    def __setattr__(self, name: str, value: Any) -> None:
        target = self if name in self._own else self.dataset
        object.__setattr__(target, name, value)


@DATASETS.register_module()
def seeded_dataset(dataset: dict | Dataset, seed: int) -> Any:
    """Build a data set whose samples depend on the draw alone.

    Args:
        dataset: Config, or a data set.
        seed: Seed of the draws.

    Returns:
        A :class:`SeededDataset`; a ``DrawnDataset`` as it is, since it seeds
        its draws itself, and one without indices as it is.
    """
    from mmssl.datasets.drawn_dataset import DrawnDataset

    built: Any = dataset
    if isinstance(dataset, dict):
        built = ROOT_DATASETS.build(dataset)
    if isinstance(built, (DrawnDataset, IterableDataset)):
        return built
    return SeededDataset(built, seed)
