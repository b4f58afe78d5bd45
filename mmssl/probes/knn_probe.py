"""k-NN accuracy of a model's frozen features on labelled images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmssl.probes.accuracy import gathered_accuracy
from mmssl.probes.features import FeatureExtractor, Features
from mmssl.probes.knn import checked_votes, knn_classify
from mmssl.probes.labels import IGNORED, check_range, check_unlabelled
from mmssl.probes.loaders import build_probe_loader, check_same_classes
from mmssl.registry import TASK_UTILS


@TASK_UTILS.register_module()
class KnnProbe:
    """Classify images by their neighbours among labelled ones.

    Nothing is trained: what is measured is the features alone, of any
    method's backbone. Every process makes the features of its share of both
    sets and holds those of the whole bank, on the CPU.

    Args:
        loader: of the images to classify, see
            :func:`~mmssl.probes.loaders.build_probe_loader`.
        bank_loader: of the images they are compared with; None: each image
            of ``loader`` with all others of it (leave one out).
        k: how many neighbours vote; one number or several. ``{name}_top1``
            is of the first, ``{name}{k}_top1`` of each other.
        temperature: T of the votes exp(cosine / T).
        num_classes: None: those that the data set names (``classes``), or
            the largest label + 1.
        name: before the numbers' names.
        backbone: name of the module, such as 'teacher.backbone'.
        stage: which of its outputs.
        normalize: ``dict(mean=, std=)`` in place of that of the model's data
            preprocessor.
        precision: 'fp32', 'bf16' or 'fp16' of the backbone.
        unlabelled: what images without a label are: 'error', or 'ignore'.
        half: keep the bank in float16, in half the memory.
        query_chunk: images compared at a time.
        bank_chunk: with how many of the bank at a time.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        loader: Any,
        bank_loader: Any = None,
        k: int | Sequence[int] = (20, 200),
        temperature: float = 0.07,
        num_classes: int | None = None,
        name: str = 'knn',
        backbone: str = 'backbone',
        stage: int = -1,
        normalize: Mapping[str, Sequence[float]] | None = None,
        precision: str = 'fp32',
        unlabelled: str = 'error',
        half: bool = False,
        query_chunk: int = 1024,
        bank_chunk: int = 65536,
    ) -> None:
        self.k = checked_votes(k, temperature)
        self.loader, self.bank_loader = loader, bank_loader
        self.temperature = temperature
        self.num_classes = num_classes
        self.name = name
        self.backbone, self.stage = backbone, stage
        self.normalize, self.precision = normalize, precision
        self.unlabelled = check_unlabelled(unlabelled)
        self.half = half
        self.query_chunk, self.bank_chunk = query_chunk, bank_chunk

    def prepare(self) -> None:
        """Build the loaders, so that mistakes in them show at once."""
        self.loader = build_probe_loader(self.loader, f'{self.name}: loader')
        if self.bank_loader is not None:
            self.bank_loader = build_probe_loader(
                self.bank_loader, f'{self.name}: bank_loader'
            )
        check_same_classes(self.loader, self.bank_loader, self.name)

    def measure(self, model: nn.Module) -> dict[str, float]:
        """Return the accuracies; every process calls this.

        Args:
            model: with a backbone and ``data_preprocessor``; it is left as
                it was.

        Returns:
            ``{name}_top1`` and, with five classes or more, ``{name}_top5``,
            %, the same in all processes.

        Raises:
            ValueError: labels or features are not as they should be.
        """
        self.prepare()
        extract = FeatureExtractor(
            model, self.backbone, self.stage, self.normalize, self.precision
        )
        queries = extract.extract(self.loader, self.unlabelled)
        if self.bank_loader is None:
            bank = self._kept(queries)
        else:
            bank = self._kept(
                extract.extract(self.bank_loader, self.unlabelled)
            )
        classes = self._classes(queries, bank)
        ranked = knn_classify(
            queries.rows.to(extract.device),
            bank.rows,
            bank.labels,
            classes,
            self.k,
            temperature=self.temperature,
            ranks=5,
            own=self._own(queries, bank),
            query_chunk=self.query_chunk,
            bank_chunk=self.bank_chunk,
        )
        return self._accuracies(ranked, queries)

    def _kept(self, features: Features) -> Features:
        """Return the bank: the labelled rows of all processes."""
        if self.half:
            features = features._replace(rows=features.rows.half())
        bank = features.gathered()
        labelled = bank.labels != IGNORED
        if not labelled.any():
            raise ValueError(f'{self.name}: the bank has no labelled image')
        return Features(*(part[labelled] for part in bank))

    def _own(self, queries: Features, bank: Features) -> Tensor | None:
        """Return each query's own row of the bank, where it has one."""
        if self.bank_loader is not None:
            return None
        rows = torch.searchsorted(bank.places, queries.places)
        rows = rows.clamp(max=len(bank.places) - 1)
        same = bank.places[rows] == queries.places
        return torch.where(same, rows, -1)

    def _classes(self, queries: Features, bank: Features) -> int:
        """Return the number of classes, after a check of the labels."""
        dataset = (self.bank_loader or self.loader).dataset
        named = dict(getattr(dataset, 'metainfo', None) or {}).get('classes')
        count = self.num_classes or len(named or ())
        count = count or int(bank.labels.max()) + 1
        for labels in (bank.labels, queries.labels):
            check_range(labels, count)
        return count

    def _accuracies(
        self, ranked: dict[int, Tensor], queries: Features
    ) -> dict[str, float]:
        """Return the accuracy for each k under its name."""
        found = {}
        for place, k in enumerate(self.k):
            name = f'{self.name}{k if place else ""}'
            one = gathered_accuracy(ranked[k], queries.labels, queries.places)
            found.update({f'{name}_{top}': v for top, v in one.items()})
        return found
