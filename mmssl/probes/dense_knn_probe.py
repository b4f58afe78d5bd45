"""k-NN segmentation of a model's frozen maps of features."""

from __future__ import annotations

from typing import Any

from mmssl.probes.dense_classifiers import DenseKnn
from mmssl.probes.dense_probe import DenseProbe
from mmssl.registry import TASK_UTILS


@TASK_UTILS.register_module()
class DenseKnnProbe(DenseProbe):
    """Segment images by the neighbours of their cells.

    Nothing is trained: each cell of the judged images takes the classes of
    the cells of the bank with the largest cosine, see
    :class:`~mmssl.probes.dense_classifiers.DenseKnn`.

    Args:
        loader: of the images to segment.
        bank_loader: of the images whose cells vote.
        k: how many cells vote.
        temperature: T of the votes exp(cosine / T).
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
        k: int = 20,
        temperature: float = 0.07,
        name: str = 'parsing_knn',
        **kwargs: Any,
    ) -> None:
        super().__init__(
            DenseKnn(k, temperature), loader, bank_loader, name=name, **kwargs
        )
