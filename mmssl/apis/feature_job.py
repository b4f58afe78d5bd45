"""Computes features shard by shard, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import DataLoader

from mmssl.apis.feature_extractor import FeatureExtractor
from mmssl.apis.feature_shards import Shard
from mmssl.datasets.fitted_images import FittedBatch, FittedImages
from mmssl.flow.progress import ProgressBar

DTYPES = ('float16', 'float32')
_SHARD_BYTES = 64_000_000  # about, where nobody says how many images
_MOST_IMAGES = 4096


class FeatureJob:
    """Makes shards of features.

    Args:
        extractor: Makes the features; images must become one size.
        dense: Also keep the maps.
        dtype: Of the maps, 'float16' or 'float32'.
        semantic_weights: Lambdas; several give each image as many rows.
            None: as the extractor was made.

    Attributes:
        weights: The lambdas; None where none is said.

    Raises:
        ValueError: Unknown ``dtype``, images of any size, no maps to keep,
            or lambdas that do not fit.
    """

    def __init__(
        self,
        extractor: FeatureExtractor,
        dense: bool = False,
        dtype: str = 'float16',
        semantic_weights: Sequence[float] | None = None,
    ) -> None:
        if dtype not in DTYPES:
            raise ValueError(
                f'dtype must be one of {list(DTYPES)}, got {dtype!r}'
            )
        if extractor.fit.size is None:
            raise ValueError(
                'files hold features of images of one size, but the '
                'extractor leaves each as it is (size=None): give a size'
            )
        if semantic_weights is None and extractor.semantic_weight is not None:
            semantic_weights = [extractor.semantic_weight]
        self.extractor = extractor
        self.dense, self.dtype = dense, np.dtype(dtype)
        self.weights = None
        if semantic_weights is not None:
            self.weights = [float(weight) for weight in semantic_weights]
        self._empty = self._features(
            torch.zeros((1, 3, *extractor.fit.size), dtype=torch.uint8)
        )
        if dense and self._empty[1] is None:
            raise ValueError(
                f'{extractor.name} gives vectors, no maps to keep: leave '
                'dense out'
            )

    def shard_size(self) -> int:
        """Return the number of images whose features are some 64 MB."""
        row = sum(part.nbytes for part in self._empty if part is not None)
        return max(1, min(_MOST_IMAGES, _SHARD_BYTES // row))

    def run(
        self,
        images: FittedImages,
        shards: Sequence[int],
        size: int,
        workers: int = 0,
        stream: TextIO | None = None,
    ) -> Iterator[tuple[int, Shard]]:
        """Yield shards one after another.

        Args:
            images: All images.
            shards: Numbers of the shards to make, in this order.
            size: Images of a shard; the last one may have less.
            workers: Processes that read images; 0: none but this one.
            stream: Where progress is shown; None for silence.

        Yields:
            Number and shard.
        """
        spans = [_span(n, size, len(images)) for n in shards]
        step = self.extractor.batch_size
        batches = [
            [*range(start, min(start + step, span.stop))]
            for span in spans
            for start in range(span.start, span.stop, step)
        ]
        total = sum(len(span) for span in spans)
        bar = ProgressBar(total, total, 'images', stream)
        loader = iter(_loader(images, batches, workers))
        bad = 0
        for number, span in zip(shards, spans):
            parts: list[FittedBatch] = []
            rows: list[tuple[NDArray, NDArray | None]] = []
            while sum(len(part.numbers) for part in parts) < len(span):
                part = next(loader)
                rows.append(self._rows(part))
                bad += len(part.unreadable)
                note = f'{bad} unreadable' if bad else ''
                parts.append(part._replace(images=part.images[:0]))
                bar.add(len(part.numbers), len(part.numbers), note)
            yield number, self._shard(images, span, parts, rows)
        bar.close(f'{bad} unreadable' if bad else '')

    def _rows(self, batch: FittedBatch) -> tuple[NDArray, NDArray | None]:
        """Return the features of a batch; no rows where none is readable."""
        if not len(batch.images):
            pooled, dense = self._empty
            return pooled[:0], None if dense is None else dense[:0]
        return self._features(batch.images)

    def _features(
        self, images: torch.Tensor
    ) -> tuple[NDArray, NDArray | None]:
        """Return (n, C) or (n, L, C) and the maps, where they are kept."""
        weights: list[Any] = [None] if self.weights is None else self.weights
        passes = [
            self.extractor.features_of(
                images, self.extractor.weight_tensor(weight, len(images))
            )
            for weight in weights
        ]
        pooled = torch.stack([one.pooled for one in passes], 1)
        maps = [one.dense for one in passes if one.dense is not None]
        several = len(passes) > 1
        dense = None
        if self.dense and maps:
            stacked = torch.stack(maps, 1)
            dense = (stacked if several else stacked[:, 0]).cpu().numpy()
            dense = dense.astype(self.dtype)
        return (pooled if several else pooled[:, 0]).cpu().numpy(), dense

    def _shard(
        self,
        images: FittedImages,
        span: range,
        parts: Sequence[FittedBatch],
        rows: Sequence[tuple[NDArray, NDArray | None]],
    ) -> Shard:
        """Put batches together."""
        maps = [dense for _, dense in rows if dense is not None]
        names = images.source
        return Shard(
            first=span.start,
            images=len(span),
            names=tuple(
                names[n].name for part in parts for n in part.readable
            ),
            unreadable={
                names[n].name: why
                for part in parts
                for n, why in part.unreadable.items()
            },
            pooled=np.concatenate([pooled for pooled, _ in rows]),
            dense=np.concatenate(maps) if maps else None,
        )


def _span(number: int, size: int, total: int) -> range:
    """Return the numbers of a shard's images."""
    return range(number * size, min((number + 1) * size, total))


def _loader(
    images: FittedImages, batches: Sequence[Sequence[int]], workers: int
) -> DataLoader:
    """Return a loader of whole batches, in order."""
    return DataLoader(
        images,
        sampler=batches,
        batch_size=None,
        num_workers=workers if batches else 0,
        collate_fn=_as_it_is,
    )


def _as_it_is(batch: Any) -> Any:
    return batch
