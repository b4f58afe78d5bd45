"""Labelled cells that the classifiers of a dense probe are made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from mmssl.probes.cell_labels import cell_shares
from mmssl.probes.dense_features import cell_rows
from mmssl.probes.gather import gather_in_order

KNOWN = 0.5  # share of a cell's pixels that need a label


class CellBank(NamedTuple):
    """Cells of images, of this process or of all.

    Attributes:
        rows: (M, C) float32.
        shares: (M, K) float32, which part of the cell is of which class.
        images: (M,) int64, number of the image in the data set.
        cells: (M,) int64, number of the cell in its image, row by row.
        hw: h and w of the maps, cells.
    """

    rows: Tensor
    shares: Tensor
    images: Tensor
    cells: Tensor
    hw: tuple[int, int]

    def gathered(self) -> CellBank:
        """Return those of all processes, each once, in the sets' order."""
        size = self.hw[0] * self.hw[1]
        places = self.images * size + self.cells
        places, rows, shares = gather_in_order(places, self.rows, self.shares)
        images = torch.div(places, size, rounding_mode='floor')
        return CellBank(rows, shares, images, places % size, self.hw)

    def of_images(self, images: Tensor) -> CellBank:
        """Return the cells of some images.

        Args:
            images: (n,) int64, their numbers.
        """
        kept = torch.isin(self.images, images)
        return CellBank(
            self.rows[kept],
            self.shares[kept],
            self.images[kept],
            self.cells[kept],
            self.hw,
        )


def cells_of_images(
    maps: Tensor,
    masks: list[Tensor],
    places: list[int],
    num_classes: int,
    per_image: int | None = None,
    seed: int = 0,
) -> CellBank:
    """Return labelled cells of a batch of images.

    Args:
        maps: (N, C, h, w).
        masks: N (H, W) labels; -100: none.
        places: N numbers of the images in the data set.
        num_classes: K.
        per_image: cells taken of each image, by a draw that depends on seed
            and image alone; None: all. Cells of which less than half has a
            label are left out.
        seed: of the draw.

    Returns:
        Rows on the maps' device.
    """
    hw = (maps.shape[2], maps.shape[3])
    found = []
    for place, one, mask in zip(places, maps, masks):
        chosen = torch.from_numpy(
            drawn_cells(place, hw[0] * hw[1], per_image, seed)
        )
        shares, known = cell_shares(mask, hw, num_classes)
        chosen = chosen[known[chosen] >= KNOWN]
        rows = cell_rows(one[None])[chosen.to(maps.device)]
        image = torch.full_like(chosen, place)
        found.append((rows, shares[chosen].to(rows.device), image, chosen))
    rows, shares, images, cells = (torch.cat(parts) for parts in zip(*found))
    return CellBank(rows, shares, images, cells, hw)


def drawn_cells(
    place: int, cells: int, per_image: int | None, seed: int = 0
) -> np.ndarray:
    """Return some of an image's cells, rising.

    Args:
        place: number of the image.
        cells: it has.
        per_image: at most so many; None: all.
        seed: of the draw.

    Example:
        >>> drawn_cells(3, 8, 4).tolist() == drawn_cells(3, 8, 4).tolist()
        True
    """
    if per_image is None or per_image >= cells:
        return np.arange(cells)
    rng = np.random.default_rng([seed, place])
    return np.sort(rng.choice(cells, per_image, replace=False))


def joined_banks(banks: list[CellBank]) -> CellBank:
    """Put the cells of several batches together.

    Args:
        banks: At least one, on maps of one size.

    Raises:
        ValueError: There is none, their maps differ in size, or no cell has
            labels.
    """
    sizes = sorted({bank.hw for bank in banks})
    if len(sizes) != 1:
        raise ValueError(
            'a dense probe needs images whose maps are of one size, got '
            f'{sizes or "no images"}: end the pipeline with a resize to '
            '(height, width) and PackMasks'
        )
    parts = zip(*(bank[:4] for bank in banks))
    rows, shares, images, cells = (torch.cat(part) for part in parts)
    return CellBank(rows, shares, images, cells, sizes[0])
