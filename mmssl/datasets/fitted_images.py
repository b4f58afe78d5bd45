"""Images of a folder at one size, for networks that only look."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from mmssl.datasets.image_sources import ImageSource
from mmssl.io.errors import plain_text

ImageFunction = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
Reader = Callable[[Path], NDArray[np.uint8]]


class FittedBatch(NamedTuple):
    """Some images of one size.

    Attributes:
        numbers: Of all images of the batch, unreadable ones included.
        readable: Numbers of the rows of ``images``.
        images: (n, 3, h, w) uint8 RGB.
        unreadable: Number -> reason.
    """

    numbers: tuple[int, ...]
    readable: tuple[int, ...]
    images: Tensor
    unreadable: dict[int, str]


class FittedImages(Dataset):
    """Whole batches of images: ``images[[3, 4, 5]]`` is one.

    What cannot be read is left out and named. Batches are made at once, so
    that a loader with ``batch_size=None`` and batches as its sampler hands
    them to its workers.

    Args:
        source: Names of the images.
        root: Their folder.
        read: Path -> (H, W, 3) uint8 RGB.
        fit: Makes all of them one size.
    """

    def __init__(
        self,
        source: ImageSource,
        root: str | Path,
        read: Reader,
        fit: ImageFunction,
    ) -> None:
        self.source, self.root = source, Path(root)
        self.read, self.fit = read, fit

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, numbers: Sequence[int]) -> FittedBatch:
        """Read a batch.

        Args:
            numbers: Of the images.
        """
        images: list[NDArray[np.uint8]] = []
        readable: list[int] = []
        unreadable: dict[int, str] = {}
        for number in numbers:
            path = self.root / self.source[number].name
            try:
                images.append(self.fit(self.read(path)))
            except Exception as error:  # decoders have errors of their own
                unreadable[number] = _reason(error, path)
            else:
                readable.append(number)
        batch = torch.empty((0, 3, 0, 0), dtype=torch.uint8)
        if images:
            stacked = np.stack(images).transpose(0, 3, 1, 2)
            batch = torch.from_numpy(np.ascontiguousarray(stacked))
        return FittedBatch(tuple(numbers), tuple(readable), batch, unreadable)


def _reason(error: Exception, path: Path) -> str:
    """Return in one line why an image could not be read."""
    text = plain_text(error).replace(f'{path}: ', '', 1)
    text = ' '.join(text.split())
    return text or type(error).__name__
