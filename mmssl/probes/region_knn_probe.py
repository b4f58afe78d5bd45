"""k-NN accuracy of a model's frozen features on labelled boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from mmssl.evaluation.class_accuracy import class_accuracy
from mmssl.probes.features import (
    FeatureExtractor,
    Features,
    named_module,
)
from mmssl.probes.gather import gather_in_order
from mmssl.probes.knn import checked_votes, knn_classify
from mmssl.probes.labels import check_range
from mmssl.probes.loaders import build_probe_loader, check_same_classes
from mmssl.probes.region_features import extract_regions
from mmssl.registry import MODELS, TASK_UTILS
from mmssl.utils.model_wrapper import unwrapped

_REGION = dict(type='mmssl.RoIRegions')
_COLLATE = dict(type='pseudo_collate')


@TASK_UTILS.register_module()
class RegionKnnProbe:
    """Classify ground-truth boxes by their neighbours among other boxes.

    What a detector's classifier will see, without training one: features of
    the boxes of COCO-style data on the frozen backbone's maps, batch norms
    with their running statistics.

    Args:
        loader: of the images with boxes to classify, see
            :func:`~mmssl.probes.loaders.build_probe_loader`: CocoRegions, its
            pipeline ends with PackRegions; ``pseudo_collate`` by default.
        bank_loader: of the images with boxes that they are compared with.
        k: how many neighbours vote; one number or several, named as by
            :class:`KnnProbe`.
        temperature: T of the votes exp(cosine / T).
        region: config of the module that takes a box's features off the
            maps, or the name of a module of the model, such as 'region'.
            Default: 1x1 RoIAlign on the last map.
        num_classes: None: those that the data set names.
        name: before the numbers' names.
        backbone: name of the module, such as 'teacher.backbone'.
        normalize: ``dict(mean=, std=)`` in place of that of the model's data
            preprocessor.
        precision: 'fp32', 'bf16' or 'fp16' of the backbone.
        query_chunk: boxes compared at a time.
        bank_chunk: with how many of the bank at a time.

    Raises:
        ValueError: an argument is out of range.
    """

    def __init__(
        self,
        loader: Any,
        bank_loader: Any,
        k: int | Sequence[int] = 20,
        temperature: float = 0.07,
        region: dict | str | None = None,
        num_classes: int | None = None,
        name: str = 'region_knn',
        backbone: str = 'backbone',
        normalize: Mapping[str, Sequence[float]] | None = None,
        precision: str = 'fp32',
        query_chunk: int = 1024,
        bank_chunk: int = 65536,
    ) -> None:
        self.k = checked_votes(k, temperature)
        self.loader, self.bank_loader = loader, bank_loader
        self.temperature = temperature
        self.region = region
        self.num_classes = num_classes
        self.name = name
        self.backbone = backbone
        self.normalize, self.precision = normalize, precision
        self.query_chunk, self.bank_chunk = query_chunk, bank_chunk

    def prepare(self) -> None:
        """Build the loaders, so that mistakes in them show at once."""
        for key in ('loader', 'bank_loader'):
            given = getattr(self, key)
            if isinstance(given, dict):
                given = {'collate_fn': _COLLATE, **given}
            built = build_probe_loader(given, f'{self.name}: {key}')
            setattr(self, key, built)
        check_same_classes(self.loader, self.bank_loader, self.name)

    def measure(self, model: nn.Module) -> dict[str, float]:
        """Return the accuracies; every process calls this.

        Args:
            model: with a backbone and ``data_preprocessor``; it is left as
                it was.

        Returns:
            ``{name}_top1``: of all boxes, and ``{name}_mean_class``: the mean
            over classes, %, the same in all processes.

        Raises:
            ValueError: boxes or labels are not as they should be.
        """
        self.prepare()
        model = unwrapped(model)
        extract = FeatureExtractor(
            model,
            self.backbone,
            normalize=self.normalize,
            precision=self.precision,
        )
        region = self._region(model)
        bank = extract_regions(extract, region, self.bank_loader).gathered()
        queries = extract_regions(extract, region, self.loader)
        classes = self._classes(int(bank.labels.max()))
        check_range(queries.labels, classes)
        ranked = knn_classify(
            queries.rows.to(extract.device),
            bank.rows,
            bank.labels,
            classes,
            self.k,
            temperature=self.temperature,
            query_chunk=self.query_chunk,
            bank_chunk=self.bank_chunk,
        )
        return self._accuracies(ranked, queries)

    def _accuracies(
        self, ranked: dict[int, Tensor], queries: Features
    ) -> dict[str, float]:
        """Return the accuracies for each k under their names."""
        found = {}
        for place, k in enumerate(self.k):
            name = f'{self.name}{k if place else ""}'
            best = ranked[k][:, 0].cpu()
            _, best, true = gather_in_order(
                queries.places, best, queries.labels
            )
            accuracy = class_accuracy(best.numpy(), true.numpy())
            found[f'{name}_top1'] = accuracy.top1
            found[f'{name}_mean_class'] = accuracy.mean_class
        return found

    def _region(self, model: nn.Module) -> nn.Module:
        """Return the module that takes boxes off the maps."""
        if isinstance(self.region, str):
            return named_module(model, self.region)
        return MODELS.build(dict(self.region or _REGION))

    def _classes(self, largest: int) -> int:
        """Return the number of classes."""
        info = getattr(self.bank_loader.dataset, 'metainfo', None)
        named = dict(info or {}).get('classes')
        return self.num_classes or len(named or ()) or largest + 1
