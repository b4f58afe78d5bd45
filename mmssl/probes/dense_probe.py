"""How well frozen maps of features tell the classes of pixels apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.dist import all_reduce
from torch import Tensor, nn

from mmssl.probes.cell_bank import CellBank, cells_of_images, joined_banks
from mmssl.probes.dense_baselines import colour_maps
from mmssl.probes.dense_classifiers import (
    Classifier,
    DenseLinear,
    DensePosition,
    Scorer,
)
from mmssl.probes.dense_features import DenseExtractor, Stages
from mmssl.probes.dense_judge import (
    counted_places,
    judge_batch_,
    numbered_batches,
)
from mmssl.probes.features import one_view
from mmssl.probes.loaders import build_probe_loaders, loader_places
from mmssl.probes.mask_samples import (
    check_masks,
    class_names,
    on_device,
    sample_masks,
)
from mmssl.probes.segmentation_scores import (
    SegmentationScores,
    segmentation_scores,
)
from mmssl.utils.model_wrapper import unwrapped
from mmssl.utils.semantic_weight import check_semantic_weight


class DenseProbe:
    """Segments images by a classifier on the cells of a frozen backbone.

    The bank: cells of the labelled images of ``bank_loader``, each with its
    shares of the classes. The judged images: each cell gets scores of the
    classes, which are brought to the size of the mask bilinearly; the best
    class of each pixel is compared with the mask, over the whole set.

    Args:
        classifier: What makes scores of the bank.
        loader: of the images to segment, see
            :func:`~mmssl.probes.loaders.build_probe_loader`: ImageMasks, its
            pipeline ends with a resize to (height, width) and PackMasks.
        bank_loader: of the images that the classifier is made of.
        semantic_weights: lambdas at which a semantic backbone is measured,
            one after the other; None: once, at its own.
        stages: which of the backbone's outputs, see
            :func:`~mmssl.probes.dense_features.joined_maps`.
        max_cells: cells of the bank, over all processes: of each image as
            many as make this number, drawn by image and ``seed``; None: all.
        position: whether to measure also what the place alone tells.
        colours: whether to measure also what the colours of cells tell to a
            linear classifier, without and with their place.
        name: before the numbers' names.
        backbone: name of the module, such as 'teacher.backbone'.
        normalize: ``dict(mean=, std=)`` in place of that of the model's data
            preprocessor.
        precision: 'fp32', 'bf16' or 'fp16' of the backbone.
        seed: of the choice of cells.

    Raises:
        ValueError: an argument is out of range.
    """

    is_seeded = True  # takes a seed

    def __init__(
        self,
        classifier: Classifier,
        loader: Any,
        bank_loader: Any,
        semantic_weights: Sequence[float] | None = None,
        stages: Stages = -1,
        max_cells: int | None = 20000,
        position: bool = True,
        colours: bool = False,
        name: str = 'parsing',
        backbone: str = 'backbone',
        normalize: Mapping[str, Sequence[float]] | None = None,
        precision: str = 'fp32',
        seed: int = 0,
    ) -> None:
        self.classifier = classifier
        self.loader, self.bank_loader = loader, bank_loader
        self.weights = checked_lambdas(semantic_weights)
        self.stages = stages
        self.position, self.colours = position, colours
        if max_cells is not None and max_cells < 1:
            raise ValueError(
                'max_cells must be at least 1, or None for all, got '
                f'{max_cells}'
            )
        self.max_cells, self.seed = max_cells, seed
        self.name, self.backbone = name, backbone
        self.normalize, self.precision = normalize, precision

    def prepare(self) -> None:
        """Build the loaders, so that mistakes in them show at once."""
        self.loader, self.bank_loader = build_probe_loaders(
            self.loader, self.bank_loader, self.name
        )
        self.classes = class_names(self.bank_loader, self.name)

    def measure(self, model: nn.Module) -> dict[str, float]:
        """Return the figures; every process calls this.

        Args:
            model: with a backbone and ``data_preprocessor``; it is left as
                it was.

        Returns:
            ``{name}_miou``, ``_mean_class`` and ``_pixel``, %; at given
            lambdas ``{name}_w{lambda}_miou``, ...; ``{name}_position_miou``,
            ``_colour_miou`` and ``_colour_and_place_miou``. The same in all
            processes.

        Raises:
            ValueError: labels or features are not as they should be.
        """
        self.prepare()
        extract = DenseExtractor(
            unwrapped(model),
            self.backbone,
            self.stages,
            self.normalize,
            self.precision,
        )
        banks = self._banks(extract)
        device, network = extract.device, len(self.weights)
        scorers = [self.classifier.fit(b, device) for b in banks[:network]]
        scorers += [DenseLinear(1e-4).fit(b, device) for b in banks[network:]]
        if self.position:
            scorers.append(DensePosition().fit(banks[0]))
        return self._numbers(self._judge(extract, scorers))

    def _maps(self, extract: DenseExtractor, views: Tensor) -> list[Tensor]:
        """Return the maps of images at each lambda, and of their colours."""
        maps = [extract(views, weight) for weight in self.weights]
        if self.colours:
            hw = (maps[0].shape[2], maps[0].shape[3])
            views = views.to(extract.device)
            maps += [colour_maps(views, hw, place) for place in (False, True)]
        return maps

    def _banks(self, extract: DenseExtractor) -> list[CellBank]:
        """Return the bank of each kind of maps, of all processes."""
        number = len(self.classes)
        images = len(self.bank_loader.dataset)
        per_image = self.max_cells and -(-self.max_cells // images)
        parts: list[list[CellBank]] = []
        for batch, places in numbered_batches(self.bank_loader):
            views = one_view(batch['inputs'])
            masks = sample_masks(batch['data_samples'], len(views))
            check_masks(masks, number)
            found = [
                cells_of_images(
                    maps.cpu(), masks, places, number, per_image, self.seed
                )
                for maps in self._maps(extract, views)
            ]
            parts.append(found)
        if not parts:
            return [joined_banks([])]
        return [joined_banks([*part]).gathered() for part in zip(*parts)]

    def _judge(
        self, extract: DenseExtractor, scorers: Sequence[Scorer]
    ) -> list[SegmentationScores]:
        """Return the figures of each scorer, of all processes."""
        number, device = len(self.classes), extract.device
        tables = torch.zeros(
            len(scorers), number, number, dtype=torch.int64, device=device
        )
        counts = iter(counted_places(loader_places(self.loader)))
        for batch, _ in numbered_batches(self.loader):
            views = one_view(batch['inputs'])
            masks = sample_masks(batch['data_samples'], len(views))
            check_masks(masks, number)
            masks = on_device(masks, device)
            counted = [next(counts) for _ in masks]
            maps = self._maps(extract, views)
            # The place looks at no map: any has the right number of cells.
            for scorer, part, table in zip(scorers, [*maps, maps[0]], tables):
                judge_batch_(table, scorer(part), masks, counted)
        all_reduce(tables)
        return [segmentation_scores(table) for table in tables.cpu()]

    def _numbers(
        self, found: Sequence[SegmentationScores]
    ) -> dict[str, float]:
        """Return the figures under their names."""
        numbers = {}
        for weight, scores in zip(self.weights, found):
            name = weighted_name(self.name, weight)
            numbers[f'{name}_miou'] = scores.miou
            numbers[f'{name}_mean_class'] = scores.mean_accuracy
            numbers[f'{name}_pixel'] = scores.pixel_accuracy
        beside = ['colour', 'colour_and_place'] * self.colours
        beside += ['position'] * self.position
        for kind, scores in zip(beside, found[len(self.weights) :]):
            numbers[f'{self.name}_{kind}_miou'] = scores.miou
        return numbers


def checked_lambdas(values: Sequence[float] | None) -> list[float | None]:
    """Return the lambdas to measure at; [None]: the backbone's own.

    Args:
        values: In [0, 1], each once; None: the backbone's own.

    Raises:
        ValueError: One is out of range or twice, or there is none.

    Example:
        >>> checked_lambdas((0, 0.5)), checked_lambdas(None)
        ([0.0, 0.5], [None])
    """
    if values is None:
        return [None]
    found = [check_semantic_weight(value) for value in values]
    if not found or len(set(found)) < len(found):
        raise ValueError(
            'semantic_weights must be at least one lambda, each once, or '
            f'None; got {list(values)}'
        )
    return [*found]


def weighted_name(name: str, weight: float | None) -> str:
    """Return a figure's name at a lambda.

    Example:
        >>> weighted_name('parsing', 0.5), weighted_name('parsing', None)
        ('parsing_w0.5', 'parsing')
    """
    return name if weight is None else f'{name}_w{weight:g}'
