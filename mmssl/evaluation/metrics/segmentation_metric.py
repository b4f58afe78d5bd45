"""Validation metric of linear segmentation."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import print_log

from mmssl.probes.segmentation_scores import (
    add_confusion_,
    segmentation_scores,
)
from mmssl.registry import METRICS


@METRICS.register_module()
class SegmentationMetric(BaseMetric):
    """Mean IoU, mean and pixel accuracy of one confusion over the set.

    Results, under the prefix ``parsing``, in %: miou and mean_accuracy, over
    the classes that occur; pixel_accuracy; classes (that occur). Classes
    that do not occur are named in the log.

    Args:
        collect_device: 'gpu' gathers results through the process group,
            whichever backend it has; 'cpu' through files.
        prefix: Prefix of the results.
        collect_dir: Folder for 'cpu'.
    """

    default_prefix = 'parsing'

    def __init__(
        self,
        collect_device: str = 'gpu',
        prefix: str | None = None,
        collect_dir: str | None = None,
    ) -> None:
        super().__init__(collect_device, prefix, collect_dir)

    def process(
        self, data_batch: Mapping, data_samples: Sequence[dict]
    ) -> None:
        """Keep the confusion of each image of a batch.

        Args:
            data_batch: Unused.
            data_samples: For each image ``pred_mask`` and ``gt_mask``,
                (H, W).

        Raises:
            ValueError: Masks are missing.
        """
        number = len(self._names())
        for sample in data_samples:
            for key in ('gt_mask', 'pred_mask'):
                if key not in sample:
                    raise ValueError(
                        f'SegmentationMetric needs {key!r} of each image, but '
                        f'{sample.get("img_path", "one")} has only '
                        f'{sorted(sample)}: use ImageMasks and PackMasks'
                    )
            table = torch.zeros(number, number, dtype=torch.int64)
            add_confusion_(
                table, sample['pred_mask'].cpu(), sample['gt_mask'].cpu()
            )
            self.results.append(table.to(torch.int32))

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Return the figures.

        Args:
            results: Confusion of each image of the whole set.

        Raises:
            ValueError: There is not one labelled pixel.
        """
        if not results:
            raise ValueError('SegmentationMetric got no image: empty set?')
        total = sum(table.to(torch.int64) for table in results)
        scores = segmentation_scores(total)
        absent = scores.absent(self._names())
        if absent:
            print_log(
                f'classes that no mask has: {", ".join(absent)}',
                logger='current',
                level=logging.INFO,
            )
        return dict(
            miou=scores.miou,
            mean_accuracy=scores.mean_accuracy,
            pixel_accuracy=scores.pixel_accuracy,
            classes=len(scores.iou) - len(absent),
        )

    def _names(self) -> tuple[str, ...]:
        """Return the names of the classes, from the data set."""
        meta: Any = self.dataset_meta or {}
        names = tuple(meta.get('classes') or ())
        if not names:
            raise ValueError(
                'the data set names no classes, which SegmentationMetric '
                'needs: use ImageMasks'
            )
        return names
