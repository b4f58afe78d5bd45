"""Linear segmentation of a model's frozen maps of features."""

from __future__ import annotations

from typing import Any

from mmssl.probes.dense_classifiers import DenseLinear
from mmssl.probes.dense_probe import DenseProbe
from mmssl.registry import TASK_UTILS


@TASK_UTILS.register_module()
class DenseLinearProbe(DenseProbe):
    """Segment images by a linear classifier of their cells.

    The classifier is fitted anew at each measurement, to its minimum, on
    features that are made once: nothing is left of it, and training is not
    touched. See :class:`~mmssl.probes.dense_classifiers.DenseLinear`.

    Args:
        loader: of the images to segment.
        bank_loader: of the images that the classifier is fitted on.
        l2: Strength of the penalty; None: chosen at each measurement, for
            about four times the cost.
        max_iter: Most steps of L-BFGS.
        name: before the numbers' names.
        **kwargs: semantic_weights, stages, max_cells, position, colours,
            backbone, normalize, precision and seed of
            :class:`~mmssl.probes.dense_probe.DenseProbe`.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        loader: Any,
        bank_loader: Any,
        l2: float | None = 1e-3,
        max_iter: int = 100,
        name: str = 'parsing_linear',
        **kwargs: Any,
    ) -> None:
        super().__init__(
            DenseLinear(l2, max_iter=max_iter),
            loader,
            bank_loader,
            name=name,
            **kwargs,
        )
