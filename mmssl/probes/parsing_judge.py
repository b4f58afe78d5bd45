"""Backbones and baselines judged on the same splits of a parsing set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from mmssl.probes.cell_bank import CellBank, cells_of_images
from mmssl.probes.cell_labels import cell_shares
from mmssl.probes.dense_baselines import colour_maps
from mmssl.probes.dense_classifiers import (
    Classifier,
    DenseLinear,
    DensePosition,
    Scorer,
)
from mmssl.probes.dense_features import rows_map
from mmssl.probes.dense_judge import judge_batch_
from mmssl.probes.parsing_rows import ParsingRow, most_frequent
from mmssl.probes.parsing_set import ParsingSet, Split
from mmssl.probes.segmentation_scores import (
    SegmentationScores,
    segmentation_scores,
)

HW = tuple[int, int]


def judge_maps(
    data: ParsingSet,
    maps: Tensor,
    splits: Sequence[Split],
    classifiers: Mapping[str, Classifier],
    max_cells: int | None,
    device: str | torch.device = 'cpu',
) -> dict[str, list[SegmentationScores]]:
    """Fit and judge classifiers on maps of all images.

    Args:
        data: Images and masks.
        maps: (n, C, h, w) of all images.
        splits: What is fitted on what, and judged.
        classifiers: By name.
        max_cells: Cells that a classifier is made of.
        device: Where they work.

    Returns:
        Name -> scores of each split.
    """
    found: dict[str, list[SegmentationScores]] = {n: [] for n in classifiers}
    for split in splits:
        bank = bank_of(data, maps, split, max_cells)
        for name, classifier in classifiers.items():
            score = classifier.fit(bank, device)
            tables = confusion_of(data, maps, split.val, score, device)
            found[name].append(segmentation_scores(tables))
    return found


def bank_of(
    data: ParsingSet, maps: Tensor, split: Split, max_cells: int | None
) -> CellBank:
    """Return the labelled cells of a split's training images."""
    places = split.train.tolist()
    per_image = max_cells and -(-max_cells // len(places))
    return cells_of_images(
        maps[split.train],
        [data.masks[i] for i in places],
        places,
        len(data.classes),
        per_image,
        split.seed,
    )


def confusion_of(
    data: ParsingSet,
    maps: Tensor,
    images: Tensor,
    score: Scorer,
    device: str | torch.device = 'cpu',
    batch_size: int = 16,
) -> Tensor:
    """Return the confusion matrix of some images, on the CPU."""
    number = len(data.classes)
    table = torch.zeros(number, number, dtype=torch.int64, device=device)
    for part in images.split(batch_size):
        masks = [data.masks[i].to(device) for i in part.tolist()]
        judge_batch_(table, score(maps[part].to(device)), masks)
    return table.cpu()


def judge_baselines(
    data: ParsingSet,
    hw: HW,
    splits: Sequence[Split],
    max_cells: int | None,
    device: str | torch.device = 'cpu',
) -> list[ParsingRow]:
    """Judge what needs no network, on cells of the same size.

    Args:
        data: Images and masks.
        hw: h and w of the maps, cells.
        splits: As in :func:`judge_maps`.
        max_cells: Cells that a classifier is made of.
        device: Where they work.

    Returns:
        Rows: the masks themselves brought to the cells and back (no
        classifier can be much better), a linear classifier of each cell's
        colours, of colours and place, the place alone, and the most frequent
        class everywhere.
    """
    linear = DenseLinear(1e-4)
    kinds: dict[str, tuple[Tensor, Classifier]] = {
        'colour and place': (colour_maps(data.images, hw, True), linear),
        'colour': (colour_maps(data.images, hw), linear),
        'place': (torch.zeros(len(data.images), 1, *hw), DensePosition()),
    }
    found: dict[str, list[SegmentationScores]] = {}
    for name, (maps, classifier) in kinds.items():
        kind = {name: classifier}
        found.update(judge_maps(data, maps, splits, kind, max_cells, device))
    true = [_true_cells(data, hw, split) for split in splits]
    found = {
        'masks by cells': [segmentation_scores(table) for table in true],
        **found,
        'most frequent class': [most_frequent(table) for table in true],
    }
    return [
        ParsingRow('no network', name, None, tuple(scores))
        for name, scores in found.items()
    ]


def _true_cells(data: ParsingSet, hw: HW, split: Split) -> Tensor:
    """Return the confusion of the masks with what is left of them in cells."""
    number = len(data.classes)
    table = torch.zeros(number, number, dtype=torch.int64)
    for i in split.val.tolist():
        shares, _ = cell_shares(data.masks[i], hw, number)
        judge_batch_(table, rows_map(shares, hw), [data.masks[i]])
    return table
