"""What may be chosen of a parsing probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmssl.probes.dense_classifiers import (
    Classifier,
    DenseKnn,
    DenseLinear,
)

STATISTICS = ('batch', 'running')


@dataclass(frozen=True)
class ParsingOptions:
    """What may be chosen beside checkpoint and data.

    Attributes:
        part: 'student' or 'teacher'.
        backbone: Name or config, for what is not recognised.
        config: Config of the training, the same purpose.
        size: Height and width of the images, px; they are stretched to it.
        semantic_weights: lambdas, of a semantic backbone; None: its own.
        stages: Outputs of the backbone, side by side; None: the last.
        crops: Each image is seen as one random crop, of this share of its
            area at least, of any place: what the place tells is worth less
            then. None: whole images.
        statistics: Of batch normalisation: 'running', or 'batch', those of
            the training images.
        k: Neighbours.
        temperature: Of their votes.
        l2: Penalty of the linear classifier; None: chosen.
        max_cells: Cells that a classifier is made of; None: all.
        max_images: At most so many images of each folder, drawn by ``seed``.
        seed: Of the split, the choice of cells and random weights.
        seeds: How many of these, counted on from ``seed``.
        workers: That load data.
        device: 'auto', 'cpu', 'cuda', ...
    """

    part: str = 'student'
    backbone: str | Mapping[str, Any] | None = None
    config: str | Path | None = None
    size: tuple[int, int] = (256, 128)
    semantic_weights: Sequence[float] | None = None
    stages: Sequence[int] | None = None
    crops: float | None = None
    statistics: str = 'running'
    k: int = 20
    temperature: float = 0.07
    l2: float | None = None
    max_cells: int | None = 20_000
    max_images: int = 2000
    seed: int = 0
    seeds: int = 1
    workers: int = 0
    device: str = 'auto'

    def __post_init__(self) -> None:
        if self.statistics not in STATISTICS:
            raise ValueError(
                f'statistics must be one of {list(STATISTICS)}, got '
                f'{self.statistics!r}'
            )
        if self.seeds < 1 or self.max_images < 2:
            raise ValueError(
                'seeds must be at least 1 and max_images at least 2, got '
                f'{self.seeds} and {self.max_images}'
            )
        if self.crops is not None and not 0 < self.crops <= 1:
            raise ValueError(
                'crops must be a share of the area in (0, 1], got '
                f'{self.crops}'
            )

    def pipeline(self) -> list[dict[str, Any]]:
        """Return the transforms of the images."""
        h, w = self.size
        cut: dict[str, Any] = dict(type='ResizeView', size=(h, w))
        if self.crops is not None:
            # A crop has the ratio of the view: nothing is stretched.
            cut = dict(
                type='RandomResizedCropView',
                size=(h, w),
                scale=(self.crops, 1.0),
                ratio=(w / h, w / h),
            )
        return [dict(type='LoadImageRGB'), cut, dict(type='PackMasks')]

    def classifiers(self) -> dict[str, Classifier]:
        """Return the classifiers by name."""
        return {
            'linear': DenseLinear(self.l2, self.seed),
            f'{self.k}-NN': DenseKnn(self.k, self.temperature),
        }
