"""Classes of labelled boxes, by a classifier of a frozen model's features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmssl.evaluation.class_accuracy import ClassAccuracy, class_accuracy
from mmssl.probes.features import (
    FeatureExtractor,
    Features,
    named_module,
)
from mmssl.probes.gather import gather_in_order
from mmssl.probes.labels import check_range
from mmssl.probes.loaders import build_probe_loaders
from mmssl.probes.region_baselines import loader_box_rows
from mmssl.probes.region_features import extract_regions
from mmssl.registry import MODELS
from mmssl.utils.model_wrapper import unwrapped

_REGION = dict(type='mmssl.RoIRegions')
_COLLATE = dict(type='pseudo_collate')


class RegionProbe:
    """Base of probes that tell the classes of ground-truth boxes.

    What a detector's classifier will see, without training one: features of
    the boxes of COCO-style data on the frozen backbone's maps, batch norms
    with their running statistics. A derived class says by ``classify`` how
    labelled boxes tell the class of others.

    Args:
        loader: of the images with boxes to classify, see
            :func:`~mmssl.probes.loaders.build_probe_loader`: CocoRegions, its
            pipeline ends with PackRegions; ``pseudo_collate`` by default.
        bank_loader: of the images with boxes that the classifier is made of.
        region: config of the module that takes a box's features off the
            maps, or the name of a module of the model, such as 'region'.
            Default: 1x1 RoIAlign on the last map.
        num_classes: None: those that the data set names.
        baselines: whether to measure also what colours, sizes and places of
            the boxes tell, and the most frequent class.
        name: before the numbers' names.
        backbone: name of the module, such as 'teacher.backbone'.
        normalize: ``dict(mean=, std=)`` in place of that of the model's data
            preprocessor.
        precision: 'fp32', 'bf16' or 'fp16' of the backbone.
    """

    def __init__(
        self,
        loader: Any,
        bank_loader: Any,
        region: dict | str | None = None,
        num_classes: int | None = None,
        baselines: bool = False,
        name: str = 'region',
        backbone: str = 'backbone',
        normalize: Mapping[str, Sequence[float]] | None = None,
        precision: str = 'fp32',
    ) -> None:
        self.loader, self.bank_loader = loader, bank_loader
        self.region = region
        self.num_classes, self.baselines = num_classes, baselines
        self.name = name
        self.backbone = backbone
        self.normalize, self.precision = normalize, precision

    def classify(
        self, bank: Features, rows: Tensor, classes: int
    ) -> dict[str, Tensor]:
        """Return the best class of each row.

        Args:
            bank: Labelled boxes of all processes.
            rows: (M, C), on the device to work on.
            classes: How many there are.

        Returns:
            What the name of the figures goes on with -> (M,) int64.
        """
        raise NotImplementedError

    def prepare(self) -> None:
        """Build the loaders, so that mistakes in them show at once."""
        self.loader, self.bank_loader = build_probe_loaders(
            self.loader, self.bank_loader, self.name, collate_fn=_COLLATE
        )

    def measure(self, model: nn.Module) -> dict[str, float]:
        """Return the accuracies; every process calls this.

        Args:
            model: with a backbone and ``data_preprocessor``; it is left as
                it was.

        Returns:
            ``{name}_top1``: of all boxes, and ``{name}_mean_class``: the mean
            over classes, %; with baselines the same of ``{name}_place_...``,
            ``_colour_and_place_...`` and ``_chance_...``. The same in all
            processes.

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
        bank = extract_regions(extract, region, self.bank_loader)
        queries = extract_regions(extract, region, self.loader)
        found = self._accuracies(bank, queries, extract.device)
        if self.baselines:
            found.update(self._beside(bank, queries, extract.device))
        return found

    def _beside(
        self, bank: Features, queries: Features, device: torch.device
    ) -> dict[str, float]:
        """Return the accuracies of what needs no network."""
        kinds = zip(
            ('place', 'colour_and_place'),
            loader_box_rows(self.bank_loader),
            loader_box_rows(self.loader),
        )
        found = {}
        for kind, own, judged in kinds:
            found.update(
                self._accuracies(
                    bank._replace(rows=own),
                    queries._replace(rows=judged),
                    device,
                    f'{self.name}_{kind}',
                )
            )
        return found

    def _accuracies(
        self,
        bank: Features,
        queries: Features,
        device: torch.device,
        name: str | None = None,
    ) -> dict[str, float]:
        """Return the accuracies under their names."""
        bank = bank.gathered()
        classes = self._classes(int(bank.labels.max()))
        check_range(queries.labels, classes)
        rows = queries.rows.to(device)
        found = {}
        for more, best in self.classify(bank, rows, classes).items():
            _, best, true = gather_in_order(
                queries.places, best.cpu(), queries.labels
            )
            one = class_accuracy(best.numpy(), true.numpy())
            found.update(_named(f'{name or self.name}{more}', one))
            if self.baselines and name is None:
                found[f'{self.name}_chance_top1'] = one.chance
                found[f'{self.name}_chance_mean_class'] = one.chance_mean_class
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


def _named(name: str, accuracy: ClassAccuracy) -> dict[str, float]:
    return {
        f'{name}_top1': accuracy.top1,
        f'{name}_mean_class': accuracy.mean_class,
    }
