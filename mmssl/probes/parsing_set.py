"""Images with masks in memory, for several backbones and classifiers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from mmssl.probes.dense_features import DenseExtractor
from mmssl.probes.dense_judge import numbered_batches
from mmssl.probes.features import one_view
from mmssl.probes.mask_samples import check_masks, sample_masks


class ParsingSet(NamedTuple):
    """Images of one size, and their masks as they are.

    Attributes:
        images: (n, 3, H, W) uint8.
        masks: n (H', W') labels, int8 or int16; -100: not judged.
        classes: Names.
    """

    images: Tensor
    masks: list[Tensor]
    classes: tuple[str, ...]

    def with_more(self, other: ParsingSet) -> ParsingSet:
        """Return these images and those of another set after them."""
        images = torch.cat([self.images, other.images])
        return ParsingSet(images, self.masks + other.masks, self.classes)

    def maps(
        self,
        extract: DenseExtractor,
        weight: float | None = None,
        batch_size: int = 32,
    ) -> Tensor:
        """Return the maps of features of all images, on the CPU.

        Args:
            extract: Of a backbone.
            weight: lambda.
            batch_size: Images at a time.
        """
        parts = self.images.split(batch_size)
        return torch.cat([extract(part, weight).cpu() for part in parts])


def read_parsing_set(
    loader: DataLoader, classes: tuple[str, ...]
) -> ParsingSet:
    """Read all images and masks of a loader.

    Args:
        loader: Of ImageMasks.
        classes: Names.

    Raises:
        ValueError: Images differ in size, or masks do not fit.
    """
    # -100 and 127 classes fit into 8 bits.
    kind = torch.int8 if len(classes) < 128 else torch.int16
    images, masks = [], []
    for batch, _ in numbered_batches(loader):
        views = one_view(batch['inputs'])
        found = sample_masks(batch['data_samples'], len(views))
        check_masks(found, len(classes))
        images.append(views)
        masks += [mask.to(kind) for mask in found]
    if not images:
        raise ValueError('there is no image with a mask to look at')
    return ParsingSet(torch.cat(images), masks, classes)


class Split(NamedTuple):
    """Which images make a classifier, and which it is judged on.

    Attributes:
        seed: Of the choice.
        train: (n,) int64.
        val: (m,) int64.
    """

    seed: int
    train: Tensor
    val: Tensor


def make_splits(
    number: int,
    held: int | float,
    seeds: Sequence[int],
) -> list[Split]:
    """Divide images, for each seed another way.

    Args:
        number: Images.
        held: Share of them that is held back at random; a whole number: the
            last so many are, for all seeds.
        seeds: One split for each.

    Raises:
        ValueError: Nothing is left on one side.

    Example:
        >>> make_splits(5, 2, [0])[0].val.tolist()
        [3, 4]
    """
    fixed = isinstance(held, int)
    count = held if fixed else round(held * number)
    if not 0 < count < number:
        raise ValueError(
            f'{number} images with masks are too few to hold {held:g} of them '
            'back: give more, or another share'
        )
    splits = []
    for seed in seeds:
        order = np.arange(number)
        if not fixed:
            order = np.random.default_rng(seed).permutation(number)
        cut = int(number - count)
        train, val = (np.sort(part) for part in (order[:cut], order[cut:]))
        splits.append(
            Split(seed, torch.from_numpy(train), torch.from_numpy(val))
        )
    return splits
