"""k-NN accuracy of a model's frozen features on labelled boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from mmssl.probes.features import Features
from mmssl.probes.knn import checked_votes, knn_classify
from mmssl.probes.region_probe import RegionProbe
from mmssl.registry import TASK_UTILS


@TASK_UTILS.register_module()
class RegionKnnProbe(RegionProbe):
    """Classify ground-truth boxes by their neighbours among other boxes.

    Nothing is trained.

    Args:
        loader: of the images with boxes to classify.
        bank_loader: of the images with boxes that they are compared with.
        k: how many neighbours vote; one number or several, named as by
            :class:`KnnProbe`.
        temperature: T of the votes exp(cosine / T).
        name: before the numbers' names.
        query_chunk: boxes compared at a time.
        bank_chunk: with how many of the bank at a time.
        **kwargs: region, num_classes, baselines, backbone, normalize and
            precision of :class:`~mmssl.probes.region_probe.RegionProbe`.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        loader: Any,
        bank_loader: Any,
        k: int | Sequence[int] = 20,
        temperature: float = 0.07,
        name: str = 'region_knn',
        query_chunk: int = 1024,
        bank_chunk: int = 65536,
        **kwargs: Any,
    ) -> None:
        self.k = checked_votes(k, temperature)
        self.temperature = temperature
        self.query_chunk, self.bank_chunk = query_chunk, bank_chunk
        super().__init__(loader, bank_loader, name=name, **kwargs)

    def classify(
        self, bank: Features, rows: Tensor, classes: int
    ) -> dict[str, Tensor]:
        """Return the class with most votes, for each k."""
        ranked = knn_classify(
            rows,
            bank.rows,
            bank.labels,
            classes,
            self.k,
            temperature=self.temperature,
            query_chunk=self.query_chunk,
            bank_chunk=self.bank_chunk,
        )
        return {
            f'{k if place else ""}': ranked[k][:, 0]
            for place, k in enumerate(self.k)
        }
