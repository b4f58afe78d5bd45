"""Features of a whole data set, computed once by a frozen model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


class Features(NamedTuple):
    """Rows of features on the CPU.

    Attributes:
        values: (M, C) float32.
        labels: (M,) int64.
        groups: (M,) int64, number of the image that a row is from.
    """

    values: Tensor
    labels: Tensor
    groups: Tensor


@torch.no_grad()
def extract_features(model: Any, batches: Iterable[dict]) -> Features:
    """Compute the features of all images, or of all boxes.

    Args:
        model: With ``data_preprocessor`` and ``features(inputs,
            data_samples)``: LinearEvaluation or RoILinearEvaluation; it is
            put into evaluation mode.
        batches: As a loader gives them; samples have ``gt_label`` (K,) for
            their K rows.

    Returns:
        The rows, in the order of the batches.

    Raises:
        ValueError: There is no row, samples have no labels, or their number
            is another one than that of the rows.
    """
    model.eval()
    values, labels, groups = [], [], []
    images = 0
    for batch in batches:
        data = model.data_preprocessor(batch)
        samples = data['data_samples']
        rows = model.features(data['inputs'], samples).float().cpu()
        counts = [_count(sample) for sample in samples]
        if sum(counts) != len(rows):
            raise ValueError(
                f'{len(rows)} rows of features, but {sum(counts)} labels'
            )
        values.append(rows)
        labels += [sample.gt_label.flatten().cpu() for sample in samples]
        numbers = torch.arange(images, images + len(samples))
        groups.append(numbers.repeat_interleave(torch.tensor(counts)))
        images += len(samples)
    if not images or not sum(len(part) for part in values):
        raise ValueError('there is no image to take features from')
    return Features(torch.cat(values), torch.cat(labels), torch.cat(groups))


@torch.no_grad()
def adapt_batch_norm(model: Any, batches: Iterable[dict]) -> int:
    """Replace running statistics by the mean of the batches' statistics.

    What the training of a head with batch statistics leaves behind, without
    the head: each batch goes through once, normalised by itself, and all
    batches count the same.

    Args:
        model: See :func:`extract_features`; its ``backbone`` changes.
        batches: Of the training images.

    Returns:
        Number of batch normalisations that were adapted.
    """
    norms = [
        part for part in model.backbone.modules() if _tracks_statistics(part)
    ]
    if not norms:
        return 0
    momenta = [norm.momentum for norm in norms]
    model.eval()
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # torch's word for the plain mean
        norm.train()
    try:
        for batch in batches:
            data = model.data_preprocessor(batch)
            model.features(data['inputs'], data['data_samples'])
    finally:
        for norm, momentum in zip(norms, momenta):
            norm.momentum = momentum
        model.eval()
    return len(norms)


def _tracks_statistics(module: nn.Module) -> bool:
    return isinstance(module, _BatchNorm) and module.track_running_stats


def _count(sample: Any) -> int:
    if 'gt_label' not in sample:
        name = sample.metainfo.get('img_path', 'a data sample')
        raise ValueError(
            f'{name} has no gt_label: a probe needs a data set with labels '
            '(folders of classes, a list with labels, or a COCO file)'
        )
    return int(sample.gt_label.numel())
