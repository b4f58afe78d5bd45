"""Validation metric of the linear evaluations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.evaluator import BaseMetric

from mmssl.evaluation.class_accuracy import class_accuracy
from mmssl.registry import METRICS


@METRICS.register_module()
class AccuracyMetric(BaseMetric):
    """Accuracy over all labels, and the mean of that of each class.

    Takes any number of labels for each image: one, or one for each box.
    Results, under the prefix ``accuracy``, in %: top1, mean_class, chance
    (share of the most frequent class), number (of labels) and classes (that
    occur).

    Args:
        collect_device: 'gpu' gathers results through the process group,
            whichever backend it has; 'cpu' through files.
        prefix: Prefix of the results.
        collect_dir: Folder for 'cpu'.
    """

    default_prefix = 'accuracy'

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
        """Keep the labels of one batch.

        Args:
            data_batch: Unused.
            data_samples: For each image ``pred_label`` and ``gt_label``,
                (K,).

        Raises:
            ValueError: Labels are missing.
        """
        for sample in data_samples:
            for key in ('gt_label', 'pred_label'):
                if key not in sample:
                    raise ValueError(
                        f'AccuracyMetric needs {key!r} of each image, but '
                        f'{sample.get("img_path", "one")} has only '
                        f'{sorted(sample)}: use a data set with labels'
                    )
            self.results.append(
                [_array(sample[key]) for key in ('pred_label', 'gt_label')]
            )

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Return the accuracies.

        Args:
            results: (predicted, true) of each image of the whole set.

        Raises:
            ValueError: There is not one label.
        """
        if not results:
            raise ValueError('AccuracyMetric got no image: empty set?')
        predicted, true = (
            np.concatenate([pair[i] for pair in results]) for i in (0, 1)
        )
        found = class_accuracy(predicted, true)
        names = ('top1', 'mean_class', 'chance', 'number', 'classes')
        return {name: getattr(found, name) for name in names}


def _array(labels: Any) -> np.ndarray:
    return np.asarray(labels.cpu()).reshape(-1)
