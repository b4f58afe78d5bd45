"""Which sample takes the place of a bad one, and how the run hears of it.

A sample that cannot be read is found by a worker, but counted by the run. So
what was refused travels with the sample that replaced it: as metainfo of its
``data_samples``, which every packer of OpenMMLab makes and no data
preprocessor looks into.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from mmengine.structures import BaseDataElement

from mmssl.datasets.samplers.draws import Draw
from mmssl.io.errors import DataFileError

META_KEY = 'replaced_samples'


class Refusal(NamedTuple):
    """Why a sample was not used.

    Attributes:
        path: The file; of a sample that a transform refused, its image.
        reason: In words.
        source: What named the file: 'LIST, line N'.
        unreadable: Whether the file is bad; else the pipeline returned None.
    """

    path: str
    reason: str
    source: str
    unreadable: bool

    @classmethod
    def of(cls, error: DataFileError) -> Refusal:
        """Return the refusal of a file that cannot be read."""
        return cls(error.path, error.reason, error.source, True)

    def text(self) -> str:
        """Return 'FILE: REASON (from LIST, line N)'."""
        return str(DataFileError(self.path, self.reason, self.source))


class Replacement(Draw):
    """The draw of a sample that takes another one's place.

    Args:
        index: Index of the sample.
        number: Number of the draw that failed.
        attempt: From 1.
    """

    attempt: int

    def __new__(cls, index: int, number: int, attempt: int) -> Replacement:
        """Make the draw and attach the attempt."""
        draw: Any = super().__new__(cls, index, number)
        draw.attempt = attempt
        return draw

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (int(self), self.number, self.attempt)


def draw_key(seed: int, draw: int, sample_idx: int) -> list[int]:
    """Return what seeds the generator of a draw.

    Args:
        seed: Of the dataset.
        draw: Index, :class:`Draw` or :class:`Replacement`.
        sample_idx: Index from the head; stands for the number of the draw
            where the sampler gives plain integers.

    Returns:
        ``[seed, number]``, for a replacement ``[seed, number, attempt, 1]``:
        with the generator of the first attempt, a dataset that draws its
        sample itself would draw the bad one again.
    """
    key = [seed, int(getattr(draw, 'number', sample_idx))]
    attempt = getattr(draw, 'attempt', 0)
    return [*key, attempt, 1] if attempt else key


def replacement(seed: int, number: int, attempt: int, size: int) -> Draw:
    """Choose another sample, the same in every run and every worker.

    Args:
        seed: Of the dataset.
        number: Number of the draw.
        attempt: From 1.
        size: Number of samples.

    Returns:
        Its draw.

    Example:
        >>> int(replacement(0, 7, 1, 100)), int(replacement(0, 7, 2, 100))
        (79, 91)
    """
    rng = np.random.default_rng([seed, number, attempt - 1])
    return Replacement(int(rng.integers(size)), number, attempt)


def mark_replaced(data: Any, refusals: Iterable[Refusal]) -> bool:
    """Let a packed sample tell what it stands in for.

    Args:
        data: What the pipeline returned.
        refusals: Samples refused before it.

    Returns:
        Whether it could be marked: it is a dict with ``data_samples``.
    """
    sample = data.get('data_samples') if isinstance(data, Mapping) else None
    if isinstance(sample, (list, tuple)) and sample:
        sample = sample[0]
    if not isinstance(sample, BaseDataElement):
        return False
    sample.set_metainfo({META_KEY: [tuple(one) for one in refusals]})
    return True


def batch_size(batch: Any) -> int:
    """Return the number of samples of a collated batch; 0 if unknown."""
    samples = batch.get('data_samples') if isinstance(batch, Mapping) else None
    return len(samples) if isinstance(samples, (list, tuple)) else 0


def replaced_in(batch: Any) -> Iterator[list[Refusal]]:
    """Yield, for each replaced sample of a batch, what was refused.

    Args:
        batch: What the loader's collate function made.
    """
    if not batch_size(batch):
        return
    for sample in batch['data_samples']:
        if isinstance(sample, (list, tuple)) and sample:
            sample = sample[0]
        if isinstance(sample, BaseDataElement) and META_KEY in sample:
            yield [Refusal(*one) for one in sample.get(META_KEY)]
